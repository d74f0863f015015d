import type { Contract } from '../openapi/contract.ts'
import type { Profiles } from '../chat/profile.ts'
import type { Dialect } from '../errors/table.ts'
import type { GatewayBuild } from '../gateway/build.ts'
import type { Choosing } from '../scenarios/choose.ts'
import type { Metrics } from './metrics.ts'

export const CONTRACT_MODES = ['enforce', 'report', 'strict'] as const
export type ContractMode = (typeof CONTRACT_MODES)[number]

/**
 * Waits `ms` milliseconds. Rejects at once when the signal aborts.
 * @example
 * const waits: number[] = []
 * const mock = await createMock({ pace: 'real', timer: async (ms) => void waits.push(ms) })
 */
export type Timer = (ms: number, signal?: AbortSignal) => Promise<void>

/**
 * One request and its response, as the log shows them: without credentials.
 * @example
 * await startMock({ onExchange: ({ method, path, status }) => console.log(method, path, status) })
 */
export interface RequestLogEntry {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  /** Milliseconds from the request's head to the last byte of the answer. */
  readonly duration: number
  readonly requestId: string
  /** Undefined for the session that all clients without a name and a key share. */
  readonly session: string | undefined
  /**
   * Undefined if it is not a chat request, as is `prompt`. `stream` and `size` are also undefined if it could not be
   * read.
   */
  readonly model: string | undefined
  /** Whether a stream was requested. */
  readonly stream: boolean | undefined
  /** Of each picture, as `1536x1024`. */
  readonly size: string | undefined
  /** The first 60 characters of the prompt, without control characters; after a cut its length. */
  readonly prompt: string | undefined
  readonly scenario: string | undefined
  /** How many times the request violates the contract. More than 50 are not counted. */
  readonly violations: number
  /** Whether the client disconnected before the end of the answer. */
  readonly hungUp: boolean
  /** How the answer differs from what was requested. */
  readonly note: string | undefined
  /** The message of an error, at most 300 characters. */
  readonly error: string | undefined
}

/** The settings of the app. Fields without a comment are options of the mock, with defaults applied. */
export interface Settings extends Choosing {
  readonly version: string
  readonly contract: Contract
  /** The packaged contract: it identifies the chat operation by method and path. */
  readonly packaged: Contract
  readonly profiles: Profiles
  /** The models and families that custom profiles add to those of the contract. */
  readonly ownModels: readonly string[]
  /** The names of the custom scenarios. */
  readonly ownScenarios: readonly string[]
  readonly contractMode: ContractMode
  readonly errors: Dialect
  /** The build of the gateway that the mock imitates. Undefined with OpenAI's errors. */
  readonly gateway: GatewayBuild | undefined
  readonly gatewayVersion: string
  /** Returns the time in milliseconds, for `created`. */
  readonly clock: () => number
  readonly timer: Timer
  /** Delay factor: 0 is instant, 1 is as slow as the real models. */
  readonly pace: number
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined
  readonly allowHosts: readonly string[]
  readonly controlToken: string | undefined
  /** Whether the page at `/` is served. */
  readonly page: boolean
  /** If empty, every key is accepted. */
  readonly apiKeys: readonly string[]
  readonly onExchange: ((exchange: RequestLogEntry) => void) | undefined
  /** Called when a stream with waits begins, with a duration of 0. */
  readonly onStream: ((exchange: RequestLogEntry) => void) | undefined
  readonly onFault: (error: unknown) => void
  /** What was counted since the start. A reload or a reset does not change it. */
  readonly metrics: Metrics
  readonly processMetrics: boolean
}
