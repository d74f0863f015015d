import type { Contract } from '../openapi/contract.ts'
import type { Profiles } from '../chat/profile.ts'
import type { Dialect } from '../errors/table.ts'
import type { Choosing } from '../scenarios/choose.ts'
import type { Metrics } from './metrics.ts'

export const CONTRACT_MODES = ['enforce', 'report'] as const
export type ContractMode = (typeof CONTRACT_MODES)[number]

/**
 * Waits `ms` milliseconds; rejects at once when the signal aborts.
 * @example
 * const waits: number[] = []
 * const mock = await createMock({ pace: 'real', timer: async (ms) => void waits.push(ms) })
 */
export type Timer = (ms: number, signal?: AbortSignal) => Promise<void>

/**
 * One request and how it was answered, as a log shows it: without credentials.
 * @example
 * await startMock({ onExchange: ({ method, path, status }) => console.log(method, path, status) })
 */
export interface RequestLogEntry {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  /** Milliseconds from the request's head to the answer's last byte. */
  readonly duration: number
  readonly requestId: string
  /** Whose memory it belongs to; undefined for the one that all share who have none of their own. */
  readonly session: string | undefined
  /** The model of a chat request. */
  readonly model: string | undefined
  /** The scenario that shaped the answer. */
  readonly scenario: string | undefined
  /** Whether the client was gone before it had all. */
  readonly hungUp: boolean
  /** What was done otherwise than asked. */
  readonly note: string | undefined
  /** What an error said, at most 300 characters. */
  readonly error: string | undefined
}

/** All that a server needs to know. */
export interface Settings {
  readonly version: string
  readonly contract: Contract
  /** The packaged contract, by whose paths an operation without an operationId is known. */
  readonly packaged: Contract
  readonly profiles: Profiles
  /** The models and families that the user's own profiles add to those of the contract. */
  readonly ownModels: readonly string[]
  readonly choosing: Choosing
  /** Whether a request that the contract forbids is refused, or answered all the same where it can be understood. */
  readonly contractMode: ContractMode
  readonly seed: string
  /** Whose statuses, words and envelope errors have. */
  readonly errors: Dialect
  /** The time in milliseconds, for `created`. */
  readonly clock: () => number
  readonly timer: Timer
  /** Factor of the real gateway's time; 0 waits for nothing. */
  readonly pace: number
  /** What links begin with, whatever the request's Host. */
  readonly publicUrl: string | undefined
  /** Further names by which the control API may be addressed. */
  readonly allowHosts: readonly string[]
  /** What the control API wants in `x-mock-control-token`. */
  readonly controlToken: string | undefined
  /** The bearer keys that pass; every one does when there are none. */
  readonly apiKeys: readonly string[]
  /** Told of each request; nobody where it is undefined. */
  readonly onExchange: ((exchange: RequestLogEntry) => void) | undefined
  readonly onFault: (error: unknown) => void
  /** What is counted from the start, whatever is read anew or reset. */
  readonly metrics: Metrics
  /** Whether the metrics tell of the whole process as well. */
  readonly processMetrics: boolean
}
