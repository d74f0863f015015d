import type { Prose } from '../chat/profile.ts'
import type { End, Finish } from '../chat/step.ts'
import type { StyleName } from '../chat/styles/styles.ts'
import type { JsonValue } from '../util/json.ts'
import type { PictureFault } from '../images/recipe.ts'
import type { ErrorKind } from '../errors/table.ts'

/**
 * Which chat requests a Scenario applies to. A condition that is absent is met by all.
 * @example
 * await mock.script('limit-rate', { when: { model: ['flux', 'flux-*'], stream: true } })
 */
export interface When {
  /** A name, a family as `flux-*`, or a list of them. */
  readonly model?: string | readonly string[]
  /** A text that the prompt contains. */
  readonly prompt?: string
  /** A pattern of the whole prompt; `*` stands for any text. */
  readonly pattern?: string
  readonly stream?: boolean
  /** Whether there are reference pictures. */
  readonly references?: boolean
  /** The request's number among the session's chat requests, from 1. */
  readonly nth?: number
}

/** A place in a stream: before its first event, in its middle, before the delta with the picture, before the one that finishes, before [DONE]; or before the nth event, from 0. */
export const STREAM_PLACES = ['start', 'middle', 'picture', 'finish', 'done'] as const
export type StreamPlace = (typeof STREAM_PLACES)[number] | number

/** An event at a place of a stream: one of its keys besides `at`. */
export interface StreamEdit {
  readonly at: StreamPlace
  /** Seconds of silence, whatever the pace. */
  readonly pause?: number
  readonly comment?: string
  /** Written as it is, line ends included. */
  readonly raw?: string
  readonly error?: ErrorKind
  /** A delta that holds only this error message. */
  readonly failure?: string
  readonly end?: End
}

/** How the bytes of a stream are sent: one by one, with CRLF, without the space after `data:`. */
export const FRAMINGS = ['bytes', 'crlf', 'tight'] as const
export type Framing = (typeof FRAMINGS)[number]

/**
 * How a Scenario changes an answer. Whatever is absent stays as it is.
 * @example
 * await mock.script({ then: { error: 'rate_limited', headers: { 'retry-after': '1' } } })
 * await mock.script({ then: { stream: [{ at: 'picture', end: 'reset' }] } })
 */
export interface Then {
  readonly error?: ErrorKind
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text as it is, or a value as JSON. */
  readonly body?: JsonValue
  /** The assistant's text in place of a picture. */
  readonly say?: string
  readonly style?: StyleName
  readonly prose?: Prose
  readonly count?: number
  /** As `1024x512`. */
  readonly size?: string
  readonly pictures?: PictureFault
  /** The finish_reason; `none` leaves it out. */
  readonly finish?: Finish | 'none'
  readonly model?: string
  readonly usage?: { readonly prompt: number; readonly completion: number }
  /** Whether a stream ends with [DONE]. */
  readonly done?: boolean
  /** Answers a stream in one piece. */
  readonly as?: 'json'
  /** Seconds before the first byte, whatever the pace. */
  readonly wait?: number
  readonly stream?: readonly StreamEdit[]
  readonly frames?: Framing
  /** The connection is reset before the first byte. */
  readonly reset?: true
  /** One answer a request, in this order; after the last one, requests are answered normally. */
  readonly sequence?: readonly Then[]
}

/** A named way to answer differently. */
export interface Scenario {
  readonly name: string
  readonly about: string
  readonly when?: When
  readonly then: Then
}

/**
 * One entry of a script: the Scenario, how often it applies, and to which requests.
 * @example
 * await mock.script([{ scenario: 'limit-rate', times: 2 }, { scenario: { then: { say: 'no' } }, when: { model: 'flux' } }])
 */
export interface ScriptEntry {
  /** Its name, or its answer. */
  readonly scenario: string | { readonly then: Then }
  /** How many requests it answers. Defaults to the length of its sequence, otherwise to 1. */
  readonly times?: number
  readonly when?: When
}

/** All Scenarios, by name. */
export type Scenarios = ReadonlyMap<string, Scenario>
