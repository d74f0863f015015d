import type { Prose } from '../chat/profile.ts'
import type { End, Finish } from '../chat/step.ts'
import type { StyleName } from '../chat/styles/styles.ts'
import type { JsonValue } from '../util/json.ts'
import type { PictureFault } from '../images/recipe.ts'
import type { ErrorKind } from '../errors/table.ts'

/**
 * Which chat requests a Scenario is for; what is not said fits all.
 * @example
 * await mock.script('limit-rate', { when: { model: ['flux', 'flux-*'], stream: true } })
 */
export interface When {
  /** A name, a family as `flux-*`, or a list of them. */
  readonly model?: string | readonly string[]
  /** What the prompt contains. */
  readonly prompt?: string
  /** What the whole prompt looks like; `*` stands for any text. */
  readonly pattern?: string
  readonly stream?: boolean
  /** Whether there are reference pictures. */
  readonly references?: boolean
  /** How many chat requests the session has made, this one included. */
  readonly nth?: number
}

/** A place in a stream: before its first event, in its middle, before the delta that holds the picture, before the one that finishes, before [DONE]; or before the nth event, from 0. */
export const STREAM_PLACES = ['start', 'middle', 'picture', 'finish', 'done'] as const
export type StreamPlace = (typeof STREAM_PLACES)[number] | number

/** What happens at a place of a stream. */
export interface StreamEdit {
  readonly at: StreamPlace
  /** Seconds in which nothing is heard, whatever the pace. */
  readonly pause?: number
  readonly comment?: string
  /** What is written as it stands, line ends included. */
  readonly raw?: string
  /** An event that holds an error of the table. */
  readonly error?: ErrorKind
  /** A delta that holds nothing but an error's text. */
  readonly failure?: string
  /** The connection ends here. */
  readonly end?: End
}

/** How the bytes of a stream are sent: each by itself, with CRLF, without the space behind `data:`. */
export const FRAMINGS = ['bytes', 'crlf', 'tight'] as const
export type Framing = (typeof FRAMINGS)[number]

/**
 * What a Scenario answers; what is not said stays as it would be.
 * @example
 * await mock.script({ then: { error: 'rate_limited', headers: { 'retry-after': '1' } } })
 * await mock.script({ then: { stream: [{ at: 'picture', end: 'reset' }] } })
 */
export interface Then {
  /** An error of the table. */
  readonly error?: ErrorKind
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text as it stands, or a value as JSON. */
  readonly body?: JsonValue
  /** What the assistant says in place of its picture. */
  readonly say?: string
  readonly style?: StyleName
  readonly prose?: Prose
  readonly count?: number
  /** As `1024x512`. */
  readonly size?: string
  readonly pictures?: PictureFault
  /** How it finishes; `none` leaves it out. */
  readonly finish?: Finish | 'none'
  /** The name that the answer has. */
  readonly model?: string
  /** The tokens that it counts. */
  readonly usage?: { readonly prompt: number; readonly completion: number }
  /** Whether a stream ends with [DONE]. */
  readonly done?: boolean
  /** A stream is answered in one piece. */
  readonly as?: 'json'
  /** Seconds before the first byte, whatever the pace. */
  readonly wait?: number
  readonly stream?: readonly StreamEdit[]
  readonly frames?: Framing
  /** The connection is reset before the first byte. */
  readonly reset?: true
  /** One after the other, a request each; after the last one all is right. */
  readonly sequence?: readonly Then[]
}

/** A way to answer otherwise, by name. */
export interface Scenario {
  readonly name: string
  readonly about: string
  readonly when?: When
  readonly then: Then
}

/**
 * One entry of a script: which Scenario, how often, and for which requests.
 * @example
 * await mock.script([{ scenario: 'limit-rate', times: 2 }, { scenario: { then: { say: 'no' } }, when: { model: 'flux' } }])
 */
export interface ScriptEntry {
  /** Its name, or what it answers. */
  readonly scenario: string | { readonly then: Then }
  readonly times?: number
  readonly when?: When
}

/** All Scenarios that can be asked for. */
export type Scenarios = ReadonlyMap<string, Scenario>
