import { hash } from 'node:crypto'
import { prngFor } from '../chat/digest.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import { ApiError } from '../errors/api-error.ts'
import type { ErrorDetails } from '../errors/table.ts'
import { suggestNames } from '../util/suggest.ts'
import type { Opened, Store } from '../store/store.ts'
import { mismatches } from './match.ts'
import type { Scenarios, Scenario, ScriptEntry, Then, When } from './scenario.ts'

/** A Scenario that shapes an answer, and why it was chosen. */
export interface Chosen {
  readonly name: string
  readonly why: string
  readonly then: Then
  /** What its error is about, where that is not the request. */
  readonly details?: ErrorDetails
}

/** What was chosen for a request, if anything was. */
export interface Selection {
  readonly chosen: Chosen | undefined
  /** What would have been chosen but for one thing, and that thing; at most five. */
  readonly nearMisses: readonly string[]
}

/** What Scenarios are chosen by, besides the request. */
export interface Choosing {
  readonly catalogue: Scenarios
  /** Those of the catalogue that say themselves which requests they are for. */
  readonly conditional: readonly (Pick<Scenario, 'name'> & { readonly when: When })[]
  readonly store: Store
  /** What every request gets that asks for nothing else. */
  readonly scenario: string | undefined
  /** Share of the requests, from 0 to 1, that get one of `faults`. */
  readonly faultRate: number
  readonly faults: readonly string[]
  readonly seed: string
}

/** Whose turn it is, and what is scripted for it. */
export interface Turn extends Omit<Opened, 'generation'> {
  readonly session: string
  readonly generation?: string
  /** The session whose script it is. */
  readonly scriptOf: string
}

const FROM_PROMPT = /^\s*\/mock\s+(\S{1,100})/

/** The Scenario of a chat request that asks for none in its headers: by its prompt, a script, a `when`, the server's own, or by chance, in this order. */
export async function choose(request: ChatRequest, turn: Turn, choosing: Choosing): Promise<Selection> {
  const nearMisses: string[] = []
  const context: Choices = { request, turn, choosing, nearMisses }
  const asked = byPrompt(request)
  const scripted = asked === undefined && turn.scripted.length > 0 ? await fromScript(context) : undefined
  if (scripted !== undefined) return { chosen: scripted, nearMisses }
  const meant = asked ?? byWhen(context) ?? byServer(choosing, turn)
  return {
    chosen: meant === undefined ? undefined : await named(meant.name, meant.why, { ...turn, choosing }),
    nearMisses,
  }
}

type Meant = Pick<Chosen, 'name' | 'why'>

interface Choices {
  readonly request: ChatRequest
  readonly turn: Turn
  readonly choosing: Choosing
  readonly nearMisses: string[]
}

/** The Scenario that a chat request names in its prompt. */
export function namedIn({ prompt }: ChatRequest): string | undefined {
  return FROM_PROMPT.exec(prompt)?.[1]
}

function byPrompt(request: ChatRequest): Meant | undefined {
  const name = namedIn(request)
  return name === undefined ? undefined : { name, why: 'asked for in the prompt' }
}

// The first entry that fits; where other requests have had the last of it, the next of all that fit, in one step.
async function fromScript(context: Choices): Promise<Chosen | undefined> {
  const entries = fitting(context)
  const first = entries.next()
  if (first.done === true) return undefined
  return (await taken([first.value], context)) ?? taken([...entries], context)
}

async function taken(
  entries: readonly (readonly [string, ScriptEntry])[],
  { turn, choosing }: Choices,
): Promise<Chosen | undefined> {
  const found =
    entries.length === 0
      ? undefined
      : await choosing.store.take(
          turn.scriptOf,
          entries.map(([id]) => id),
        )
  const entry = entries.find(([id]) => id === found?.id)?.[1]
  if (found === undefined || entry === undefined) return undefined
  const { scenario, times = 1 } = entry
  const [name, then] =
    typeof scenario === 'string' ? [scenario, find(scenario, choosing).then] : ['script', scenario.then]
  return { name, why: 'scripted', then: then.sequence === undefined ? then : (then.sequence[times - found.left] ?? {}) }
}

// An entry is read when it is its turn to be looked at.
function* fitting({ request, turn, nearMisses }: Choices): Generator<readonly [string, ScriptEntry]> {
  for (const { id, json } of turn.scripted) {
    const entry: ScriptEntry = JSON.parse(json)
    const wrong = mismatches(entry.when ?? {}, request, turn.nth)
    tell(nearMisses, typeof entry.scenario === 'string' ? `script: ${entry.scenario}` : 'script', wrong)
    if (wrong.length === 0) yield [id, entry]
  }
}

function byWhen({ request, turn, choosing, nearMisses }: Choices): Meant | undefined {
  for (const { name, when } of choosing.conditional) {
    const wrong = mismatches(when, request, turn.nth)
    if (wrong.length === 0) return { name, why: 'its when fits' }
    tell(nearMisses, name, wrong)
  }
  return undefined
}

function byServer(choosing: Choosing, { session, nth }: Turn): Meant | undefined {
  if (choosing.scenario !== undefined) return { name: choosing.scenario, why: 'the server was started with it' }
  const fault = byChance(choosing, session, nth)
  return fault === undefined ? undefined : { name: fault, why: 'by the fault rate' }
}

interface Context {
  readonly session: string
  /** The session's, where it is known. */
  readonly generation?: string
  readonly choosing: Pick<Choosing, 'catalogue' | 'store'>
}

/** The Scenario of a name; an ApiError that lists the near ones when there is none. */
export async function named(name: string, why: string, context: Context): Promise<Chosen> {
  return { name, why, then: await turnOf(find(name, context.choosing).then, name, context) }
}

function find(name: string, { catalogue }: Pick<Choosing, 'catalogue'>): Scenario {
  const scenario = catalogue.get(name)
  if (scenario === undefined)
    throw new ApiError('unknown_scenario', { asked: name.slice(0, 64), known: suggestNames(name, catalogue.keys()) })
  return scenario
}

// Of a sequence, the answer whose turn it is; behind its last one all is right.
async function turnOf(then: Then, key: string, { session, generation, choosing }: Context): Promise<Then> {
  if (then.sequence === undefined) return then
  const turn = await choosing.store.count(session, `sequence ${key}`, generation)
  return then.sequence[turn - 1] ?? {}
}

function tell(nearMisses: string[], name: string, [first, ...others]: readonly string[]): void {
  if (first !== undefined && others.length === 0 && nearMisses.length < 5) nearMisses.push(`${name}: ${first}`)
}

function byChance({ faultRate, faults, seed }: Choosing, session: string, nth: number): string | undefined {
  if (faultRate === 0) return undefined
  const number = prngFor(hash('sha256', `${seed}\n${session}\n${nth}`, 'hex'), 'fault')
  return number(1_000_000) < faultRate * 1_000_000 ? faults[number(faults.length)] : undefined
}
