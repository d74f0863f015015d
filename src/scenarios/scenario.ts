import type { Prose } from '../chat/profile.ts'
import type { End, Finish } from '../chat/step.ts'
import type { StyleName } from '../chat/styles/styles.ts'
import type { JsonValue } from '../util/json.ts'
import type { PictureFault } from '../images/recipe.ts'
import type { ErrorKind } from '../errors/table.ts'
import type { ScenarioName } from './scenario-name.ts'

/**
 * Which requests a Scenario applies to. A condition that is absent matches all. With a contract that has a chat
 * operation these are chat requests, otherwise the requests for all operations.
 * @example
 * await mock.script('limit-rate', { when: { model: ['flux', 'flux-*'], stream: true } })
 * await mock.script('limit-rate', { when: { operation: 'GET /orders/{id}', query: { state: 'paid' } } })
 */
export interface When {
  /** A name, a prefix such as `flux-*`, or a list of them. */
  readonly model?: string | readonly string[]
  /** A text that the prompt contains. */
  readonly prompt?: string
  /** A pattern of the whole prompt. `*` matches any text. */
  readonly pattern?: string
  readonly stream?: boolean
  /** Whether there are reference pictures. */
  readonly references?: boolean
  /** The request's number in its session, from 1. */
  readonly nth?: number
  /** Method and path of an operation in the contract, such as `GET /orders/{id}`, its operationId, or a list of them. */
  readonly operation?: string | readonly string[]
  /** A pattern of the whole path. `*` matches any text. */
  readonly path?: string
  /** Query parameters and their values. `*` matches any text. */
  readonly query?: Readonly<Record<string, string>>
  /** A part of the JSON body: the fields that it must have. Lists must be equal. */
  readonly body?: JsonValue
}

/**
 * A place in a stream: before the first event, in the middle, before the event with the picture, before the event
 * with the finish_reason, before [DONE]; or before the event with this number, from 0.
 */
export const STREAM_PLACES = ['start', 'middle', 'picture', 'finish', 'done'] as const
export type StreamPlace = (typeof STREAM_PLACES)[number] | number

/** A change at a place of a stream: `at` and one other key. */
export interface StreamEdit {
  readonly at: StreamPlace
  /** Seconds during which nothing is sent, independent of the pace. */
  readonly pause?: number
  readonly comment?: string
  /** A text that is sent unchanged, with its line ends. */
  readonly raw?: string
  readonly error?: ErrorKind
  /** The message of an error that is sent as a delta. */
  readonly failure?: string
  readonly end?: End
}

/** How a stream is sent: byte by byte, with CRLF line ends, or without the space after `data:`. */
export const FRAMINGS = ['bytes', 'crlf', 'tight'] as const
export type Framing = (typeof FRAMINGS)[number]

/**
 * How a Scenario changes a response. What is absent stays normal.
 * @example
 * await mock.script({ then: { error: 'rate_limited', headers: { 'retry-after': '1' } } })
 * await mock.script({ then: { stream: [{ at: 'picture', end: 'reset' }] } })
 */
export interface Then {
  readonly error?: ErrorKind
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent unchanged, any other value as JSON. */
  readonly body?: JsonValue
  /** Text of the assistant, in place of the picture. */
  readonly say?: string
  readonly style?: StyleName
  readonly prose?: Prose
  readonly count?: number
  /** For example `1024x512`. */
  readonly size?: string
  readonly pictures?: PictureFault
  /** The finish_reason; `none` for no value. */
  readonly finish?: Finish | 'none'
  readonly model?: string
  readonly usage?: { readonly prompt: number; readonly completion: number }
  /** `false`: a stream ends without usage and [DONE]. */
  readonly done?: boolean
  /** Sends JSON also to streaming requests. */
  readonly as?: 'json'
  /** Seconds before the first byte, independent of the pace. */
  readonly wait?: number
  readonly stream?: readonly StreamEdit[]
  readonly frames?: Framing
  /** Resets the connection before the first byte. */
  readonly reset?: true
  /** The vendor behind the gateway responds so, and the gateway passes it on. Only with the gateway's errors. */
  readonly relay?: true
  /** Seconds of silence after which the gateway sends a comment in a relayed stream. Its builds of 2025 send none. */
  readonly ping?: number
  /** One response for each request in this order, then one normal response. Then it starts again. */
  readonly sequence?: readonly Then[]
}

/** Where a fault happens: in the gateway itself, at the vendor behind it, or between the gateway and its client. */
export const ORIGINS = ['gateway', 'vendor', 'network'] as const

/** A response that replaces or changes the normal one, with a name. */
export interface Scenario {
  readonly name: string
  readonly about: string
  readonly from?: (typeof ORIGINS)[number]
  readonly when?: When
  readonly then: Then
}

/**
 * One entry of a script: the Scenario, how often it applies, and to which requests.
 * @example
 * await mock.script([{ scenario: 'limit-rate', times: 2 }, { scenario: { then: { say: 'no' } }, when: { model: 'flux'
 * } }])
 */
export interface ScriptEntry {
  /** The name of a Scenario, or a response. */
  readonly scenario: ScenarioName | { readonly then: Then }
  /** How many requests it applies to. Defaults to the length of its sequence, otherwise to 1. */
  readonly times?: number
  readonly when?: When
}

/** All Scenarios, by name. */
export type Scenarios = ReadonlyMap<string, Scenario>
