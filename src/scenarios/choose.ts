import { hash } from 'node:crypto'
import { prngFor } from '../chat/digest.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import { ApiError } from '../errors/api-error.ts'
import type { ErrorDetails, ErrorKind } from '../errors/table.ts'
import { type Opened, type Store, StoreUnavailable } from '../store/store.ts'
import { suggestNames } from '../util/suggest.ts'
import { mismatches } from './match.ts'
import type { Scenario, Scenarios, ScriptEntry, Then, When } from './scenario.ts'

/** The scenario of one request, and why it was chosen. */
export interface Choice {
  readonly name: string
  readonly why: string
  readonly then: Then
  /** What its error is about, where that is not the request. */
  readonly details?: ErrorDetails
}

/** What scenarios are chosen by, besides the request. */
export interface Choosing {
  readonly scenarios: Scenarios
  /** Those of them that have a `when` of their own. */
  readonly conditional: readonly (Pick<Scenario, 'name'> & { readonly when: When })[]
  readonly store: Store
  /** Default scenario for chat requests. */
  readonly scenario: string | undefined
  /** Share of the chat requests, from 0 to 1, that get one of `faults`. */
  readonly faultRate: number
  readonly faults: readonly string[]
  readonly seed: string
}

/** A request, as far as scenarios are chosen by it. */
export interface Asking {
  readonly session: string
  /** Undefined where it is no chat request, or could not be read. */
  readonly chat: ChatRequest | undefined
  /** `x-mock-scenario`. */
  readonly header: string | undefined
  /** `Prefer`. */
  readonly prefer: string | undefined
}

/** What was chosen for a request. */
export interface Selection {
  readonly choice: Choice | undefined
  /** The scenarios that one condition kept from being chosen, each with that condition; at most five. */
  readonly nearMisses: readonly string[]
  readonly notes: readonly string[]
  /** Generation of the session, where it was opened. */
  readonly generation: string | undefined
}

/**
 * Chooses the scenario of a request, by the first of these that names one: `x-mock-scenario`, `Prefer: code=…`; and for chat
 * requests `/mock NAME` in the prompt, the session's script, a scenario's own `when`, the mock's `scenario`, its fault rate.
 * Counts a chat request of the session. An ApiError if the name is unknown.
 */
export async function chooseScenario(asking: Asking, choosing: Choosing): Promise<Selection> {
  const { session, chat, prefer } = asking
  const { store, scenarios } = choosing
  const notes: string[] = []
  const nearMisses: string[] = []
  const forced = byHeader(asking, choosing) ?? (prefer === undefined ? undefined : await byPreference(prefer, notes))
  const inPrompt = chat === undefined ? undefined : FROM_PROMPT.exec(chat.prompt)?.[1]
  const isNamed = forced !== undefined || inPrompt !== undefined
  const opened = chat === undefined ? undefined : await openSession(session, store, isNamed)
  const named = forced ?? (inPrompt === undefined ? undefined : find(inPrompt, 'requested in the prompt', scenarios))
  const counting = { session, store, generation: opened?.generation }
  if (named !== undefined || opened === undefined || chat === undefined)
    return { choice: named && (await inSequence(named, counting)), nearMisses, notes, generation: opened?.generation }
  const candidate: Candidate = { chat, session, opened, choosing, nearMisses }
  const scripted = opened.scripted.length === 0 ? undefined : await fromScript(candidate)
  const usual = scripted === undefined ? (byWhen(candidate) ?? byOption(candidate)) : undefined
  const choice = scripted ?? (usual && (await inSequence(usual, counting)))
  return { choice, nearMisses, notes, generation: opened.generation }
}

const FROM_PROMPT = /^\s*\/mock\s+(\S{1,100})/

function byHeader({ header }: Asking, { scenarios }: Choosing): Choice | undefined {
  const name = header?.trim() ?? ''
  return name === '' ? undefined : find(name, 'x-mock-scenario', scenarios)
}

// Any other preference is ignored, as its RFC says, and noted.
async function byPreference(prefer: string, notes: string[]): Promise<Choice | undefined> {
  const code = /(?:^|[,;])\s*code\s*=\s*"?([45]\d\d)"?\s*(?:$|[,;])/i.exec(prefer)?.[1]
  if (code === undefined) {
    notes.push(`Prefer: ${prefer.slice(0, 100)} is ignored; only code=400 to code=599 is supported`)
    return undefined
  }
  const { STATUS_CODES } = await import('node:http') // which a mock without a port does not load
  const error = KINDS[code] ?? (code < '500' ? 'client_error' : 'upstream_failure')
  return {
    name: `code-${code}`,
    why: 'Prefer',
    then: { error, status: Number(code), headers: { 'preference-applied': `code=${code}` } },
    details: { reason: STATUS_CODES[code] ?? 'Error' },
  }
}

// The statuses for which the table has an error that needs no more words; any other has its own name as message.
const KINDS: Readonly<Record<string, ErrorKind>> = {
  401: 'invalid_api_key',
  429: 'rate_limited',
  500: 'upstream_error',
}

function find(name: string, why: string, scenarios: Scenarios): Choice {
  const scenario = scenarios.get(name)
  if (scenario === undefined)
    throw new ApiError('unknown_scenario', { asked: name.slice(0, 64), known: suggestNames(name, scenarios.keys()) })
  return { name, why, then: scenario.then }
}

/** A session with the request counted, and the session whose script is used. */
interface OpenedSession extends Opened {
  readonly scriptOf: string
}

// A key says whose requests these are, and not that they want a script of their own: without one they share the nameless one.
// While the store is gone, a request that names its scenario is answered; any other could be meant by a script.
async function openSession(session: string, store: Store, isNamed: boolean): Promise<OpenedSession | undefined> {
  try {
    const opened = await store.open(session)
    if (opened.scripted.length > 0 || !isOfKey(session)) return { ...opened, scriptOf: session }
    return { ...opened, scripted: await store.scripted(''), scriptOf: '' }
  } catch (error) {
    if (error instanceof StoreUnavailable && isNamed) return undefined
    throw error
  }
}

interface Candidate {
  readonly chat: ChatRequest
  readonly session: string
  readonly opened: OpenedSession
  readonly choosing: Choosing
  readonly nearMisses: string[]
}

// The first entry that fits; where other requests have had the last of it, the next of all that fit, in one step.
async function fromScript(candidate: Candidate): Promise<Choice | undefined> {
  const entries = fitting(candidate)
  const first = entries.next()
  if (first.done === true) return undefined
  return (await claim([first.value], candidate)) ?? claim([...entries], candidate)
}

type Entry = readonly [id: string, entry: ScriptEntry]

// An entry is parsed when it is its turn to be looked at.
function* fitting({ chat, opened, nearMisses }: Candidate): Generator<Entry> {
  for (const { id, json } of opened.scripted) {
    const entry: ScriptEntry = JSON.parse(json)
    const wrong = mismatches(entry.when ?? {}, chat, opened.nth)
    addNearMiss(nearMisses, typeof entry.scenario === 'string' ? `script: ${entry.scenario}` : 'script', wrong)
    if (wrong.length === 0) yield [id, entry]
  }
}

async function claim(entries: readonly Entry[], { opened, choosing }: Candidate): Promise<Choice | undefined> {
  if (entries.length === 0) return undefined
  const ids = entries.map(([id]) => id)
  const claimed = await choosing.store.take(opened.scriptOf, ids)
  const entry = entries.find(([id]) => id === claimed?.id)?.[1]
  if (claimed === undefined || entry === undefined) return undefined
  const { scenario, times = 1 } = entry
  const { name, then } =
    typeof scenario === 'string'
      ? find(scenario, 'scripted', choosing.scenarios)
      : { name: 'script', then: scenario.then }
  const { sequence } = then
  return { name, why: 'scripted', then: sequence === undefined ? then : (sequence[times - claimed.left] ?? {}) }
}

function byWhen({ chat, opened, choosing, nearMisses }: Candidate): Choice | undefined {
  for (const { name, when } of choosing.conditional) {
    const wrong = mismatches(when, chat, opened.nth)
    if (wrong.length === 0) return find(name, 'its when matches', choosing.scenarios)
    addNearMiss(nearMisses, name, wrong)
  }
  return undefined
}

function addNearMiss(nearMisses: string[], name: string, [first, ...others]: readonly string[]): void {
  if (first !== undefined && others.length === 0 && nearMisses.length < 5) nearMisses.push(`${name}: ${first}`)
}

function byOption({ session, opened, choosing }: Candidate): Choice | undefined {
  const { scenario, scenarios, faultRate, faults, seed } = choosing
  if (scenario !== undefined) return find(scenario, 'default scenario', scenarios)
  if (faultRate === 0) return undefined
  const number = prngFor(hash('sha256', `${seed}\n${session}\n${opened.nth}`, 'hex'), 'fault')
  if (number(1_000_000) >= faultRate * 1_000_000) return undefined
  return find(faults[number(faults.length)] ?? '', 'fault rate', scenarios)
}

interface Counting {
  readonly session: string
  readonly store: Store
  readonly generation: string | undefined
}

// Of a sequence, the answer at the session's position; after its last one, the normal answer.
async function inSequence(choice: Choice, { session, store, generation }: Counting): Promise<Choice> {
  const { sequence } = choice.then
  if (sequence === undefined) return choice
  const position = await store.count(session, `sequence ${choice.name}`, generation)
  return { ...choice, then: sequence[position - 1] ?? {} }
}

/** How the session of a bearer key is called; no other can be named so. */
export const OF_KEY = 'key-'

/** Whether a session is that of a bearer key, and not of a name. */
export function isOfKey(session: string): boolean {
  return session.startsWith(OF_KEY)
}
