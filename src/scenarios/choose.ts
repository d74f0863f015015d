import { hash } from 'node:crypto'
import { prngFor } from '../chat/digest.ts'
import { ApiError } from '../errors/api-error.ts'
import type { ErrorDetails, ErrorKind } from '../errors/table.ts'
import { type Opened, type Scripted, type Store, StoreForgotten, StoreUnavailable } from '../store/store.ts'
import { suggestNames } from '../util/suggest.ts'
import { findScenario } from './find-scenario.ts'
import { type MatchedRequest, mismatches } from './match.ts'
import type { Scenario, Scenarios, ScriptEntry, Then, When } from './scenario.ts'

/** The scenario of one request, and why it was chosen. */
export interface Choice {
  readonly name: string
  readonly why: string
  readonly then: Then
  /** Position in its sequence, for example `2 of 3`. */
  readonly step?: string
  /** The details of its error, if they are not those of the request. */
  readonly details?: ErrorDetails
}

/** What the choice depends on besides the request. */
export interface Choosing {
  readonly scenarios: Scenarios
  /** The scenarios with a `when`. */
  readonly conditional: readonly (Pick<Scenario, 'name'> & { readonly when: When })[]
  readonly store: Store
  /** Default scenario. */
  readonly scenario: string | undefined
  /** Share of the requests, from 0 to 1, that get one of `faults`. */
  readonly faultRate: number
  readonly faults: readonly string[]
  readonly seed: string
  /** The operations that scripts and `when` apply to: those for chat, or all if there is none. */
  readonly scripted: ScriptedOperations
}

/** The operations that scripts and `when` apply to. */
export interface ScriptedOperations {
  readonly hasChat: boolean
  /** Their methods and paths, and their operationIds. */
  readonly names: readonly string[]
}

/** What the choice depends on in a request. */
export interface ScenarioRequest {
  readonly session: string
  /** What a `when` is compared with. Undefined if neither scripts nor `when` apply to the request. */
  readonly subject: MatchedRequest | undefined
  /** `x-mock-scenario`. */
  readonly header: string | undefined
  /** `Prefer`. */
  readonly prefer: string | undefined
}

/** The result of the choice. */
export interface Selection {
  readonly choice: Choice | undefined
  /** The scenarios for which only one condition did not match, each with the reason; at most five. */
  readonly nearMisses: readonly string[]
  readonly notes: readonly string[]
  /** Generation of the session, if it was opened. */
  readonly generation: string | undefined
}

/**
 * Chooses the scenario of a request: by `x-mock-scenario`, then by `Prefer: code=…`, and for requests with a subject then
 * by `/mock NAME` in the prompt, the session's script, a `when`, the mock's default scenario, and the fault rate. Counts
 * the request in its session. Throws an ApiError if the name is unknown.
 */
export async function chooseScenario(request: ScenarioRequest, choosing: Choosing): Promise<Selection> {
  const { session, subject, prefer } = request
  const { store, scenarios } = choosing
  const notes: string[] = []
  const nearMisses: string[] = []
  const forced = byHeader(request, choosing) ?? (prefer === undefined ? undefined : await byPreference(prefer, notes))
  const inPrompt = subject?.chat === undefined ? undefined : FROM_PROMPT.exec(subject.chat.prompt)?.[1]
  const isNamed = forced !== undefined || inPrompt !== undefined
  const opened = subject === undefined ? undefined : await openSession(session, store, isNamed)
  const named = forced ?? (inPrompt === undefined ? undefined : find(inPrompt, 'requested in the prompt', scenarios))
  const counting = { session, store, generation: opened?.generation }
  if (named !== undefined || opened === undefined || subject === undefined)
    return { choice: named && (await inSequence(named, counting)), nearMisses, notes, generation: opened?.generation }
  const candidate: Candidate = { subject, session, opened, choosing, nearMisses }
  const scripted = opened.scripted.length === 0 ? undefined : await fromScript(candidate)
  const usual = scripted === undefined ? (byWhen(candidate) ?? byOption(candidate)) : undefined
  const choice = scripted ?? (usual && (await inSequence(usual, counting)))
  return { choice, nearMisses, notes, generation: opened.generation }
}

const FROM_PROMPT = /^\s*\/mock\s+(\S{1,100})/

function byHeader({ header }: ScenarioRequest, { scenarios }: Choosing): Choice | undefined {
  const name = header?.trim() ?? ''
  return name === '' ? undefined : find(name, 'x-mock-scenario', scenarios)
}

// Other preferences are ignored, as RFC 7240 says, with a note.
async function byPreference(prefer: string, notes: string[]): Promise<Choice | undefined> {
  const code = /(?:^|[,;])\s*code\s*=\s*"?([45]\d\d)"?\s*(?:$|[,;])/i.exec(prefer)?.[1]
  if (code === undefined) {
    notes.push(`Prefer: ${prefer.slice(0, 100)} is ignored; only code=400 to code=599 is supported`)
    return undefined
  }
  const { STATUS_CODES } = await import('node:http') // not loaded by a mock without a port
  const error = KINDS[code] ?? (code < '500' ? 'client_error' : 'upstream_failure')
  return {
    name: `code-${code}`,
    why: 'Prefer',
    then: { error, status: Number(code), headers: { 'preference-applied': `code=${code}` } },
    details: { reason: STATUS_CODES[code] ?? 'Error' },
  }
}

// The statuses that have an error without details. For others, the message is the name of the status.
const KINDS: Readonly<Record<string, ErrorKind>> = {
  401: 'invalid_api_key',
  429: 'rate_limited',
  500: 'upstream_error',
}

function find(name: string, why: string, scenarios: Scenarios): Choice {
  const scenario = findScenario(scenarios, name)
  if (scenario === undefined)
    throw new ApiError('unknown_scenario', { asked: name.slice(0, 64), known: suggestNames(name, scenarios.keys()) })
  return { name, why, then: scenario.then }
}

/** A session in which the request was counted, and the session with the script. */
interface OpenedSession extends Opened {
  readonly scriptOf: string
}

// A session of a key without a script uses the script of the default session. If the store is not available, only a
// request that names its scenario gets a response, because a script could be meant for any other.
async function openSession(session: string, store: Store, isNamed: boolean): Promise<OpenedSession | undefined> {
  try {
    const opened = await store.open(session).catch(async (error: unknown) => reopen(session, store, error))
    if (opened.scripted.length > 0 || !isOfKey(session)) return { ...opened, scriptOf: session }
    return { ...opened, scripted: await store.scripted(''), scriptOf: '' }
  } catch (error) {
    if (error instanceof StoreUnavailable && isNamed) return undefined
    throw error
  }
}

// A session of a key is complete again when the default session is, because that one's script is also for keys.
async function reopen(session: string, store: Store, error: unknown): Promise<Opened> {
  if (!(error instanceof StoreForgotten) || !isOfKey(session)) throw error
  await store.scripted('') // fails until it was scripted or reset
  await store.script(session, [])
  return store.open(session)
}

interface Candidate {
  readonly subject: MatchedRequest
  readonly session: string
  readonly opened: OpenedSession
  readonly choosing: Choosing
  readonly nearMisses: string[]
}

// Takes the first entry that matches. If other requests have used it up, takes the next one of all that match.
async function fromScript(candidate: Candidate): Promise<Choice | undefined> {
  const entries = fitting(candidate)
  const first = entries.next()
  if (first.done === true) return undefined
  return (await claim([first.value], candidate)) ?? claim([...entries], candidate)
}

type Entry = readonly [scripted: Scripted, entry: ScriptEntry]

// Parses an entry only when it is needed.
function* fitting({ subject, opened, nearMisses }: Candidate): Generator<Entry> {
  for (const scripted of opened.scripted) {
    const entry: ScriptEntry = JSON.parse(scripted.json)
    const wrong = mismatches(entry.when ?? {}, subject, opened.nth)
    addNearMiss(nearMisses, typeof entry.scenario === 'string' ? `script: ${entry.scenario}` : 'script', wrong)
    if (wrong.length === 0) yield [scripted, entry]
  }
}

async function claim(entries: readonly Entry[], { opened, choosing }: Candidate): Promise<Choice | undefined> {
  if (entries.length === 0) return undefined
  const all = entries.map(([scripted]) => scripted)
  const claimed = await choosing.store.take(opened.scriptOf, all)
  const entry = entries.find(([{ id }]) => id === claimed?.id)?.[1]
  if (claimed === undefined || entry === undefined) return undefined
  const { scenario, times = 1 } = entry
  const { name, then } =
    typeof scenario === 'string'
      ? find(scenario, 'scripted', choosing.scenarios)
      : { name: 'script', then: scenario.then }
  const { sequence } = then
  if (sequence === undefined) return { name, why: 'scripted', then }
  return { name, why: 'scripted', ...stepOf(sequence, times - claimed.left, times) }
}

function byWhen({ subject, opened, choosing, nearMisses }: Candidate): Choice | undefined {
  for (const { name, when } of choosing.conditional) {
    const wrong = mismatches(when, subject, opened.nth)
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

// The response of a sequence at the session's position, which each way of choosing counts for itself. A normal response
// follows the last one, then the sequence starts again.
async function inSequence(choice: Choice, { session, store, generation }: Counting): Promise<Choice> {
  const { name, why, then } = choice
  if (then.sequence === undefined) return choice
  const position = await store.count(session, `sequence ${name} ${why}`, generation)
  const steps = then.sequence.length + 1
  return { ...choice, ...stepOf(then.sequence, (position - 1) % steps, steps) }
}

function stepOf(sequence: readonly Then[], index: number, steps: number): Pick<Choice, 'then' | 'step'> {
  return { then: sequence[index] ?? {}, step: `${index + 1} of ${steps}` }
}

/** Prefix of the sessions of bearer keys. Other sessions cannot have it. */
export const OF_KEY = 'key-'

/** Whether a session belongs to a bearer key, not to a name. */
export function isOfKey(session: string): boolean {
  return session.startsWith(OF_KEY)
}
