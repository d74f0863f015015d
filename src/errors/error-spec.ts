/** The error formats: OpenAI's, or the gateway's. They differ in status, wording and envelope. */
export const DIALECTS = ['openai', 'gateway'] as const
export type Dialect = (typeof DIALECTS)[number]

/** What an error is about. Each kind of error uses some of the fields. */
export interface ErrorDetails {
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong, in full sentences. */
  readonly reason?: string
  /** What was requested: a model, a path. */
  readonly asked?: string
  /** The prompt that was rejected. */
  readonly prompt?: string
  /** What is available. */
  readonly known?: readonly string[]
}

/**
 * How an error's body is written. `openai`: `param` is null if there is none. `middleware`: the gateway's, without
 * `param`, keys sorted. `relay`: the gateway's, with an empty `param`. Both end the message with the request id.
 * `upstream`: passed on unchanged. `html`: the page of a proxy. `empty`: no body.
 */
export type Envelope = 'openai' | 'middleware' | 'relay' | 'upstream' | 'html' | 'empty'

/** An error in one dialect. */
export interface ErrorSpec {
  readonly envelope: Envelope
  readonly status: number
  readonly type: string
  readonly code: Code
  readonly message: Text
  /** The value of `param`, if it is always the same. */
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A text of an error, or a part of one. Some vendors put the request id into their messages. */
export type Text = (details: ErrorDetails, requestId: string) => string
type Code = string | null | Text

/** A template tag: the template is the message, and its parts are called with the details of the error. */
type Tag = (strings: readonly string[], ...parts: readonly Text[]) => ErrorSpec

function worded(spec: Omit<ErrorSpec, 'message'>): Tag {
  return (raw, ...parts) => ({
    ...spec,
    message: (details, requestId) => String.raw({ raw }, ...parts.map((part) => part(details, requestId))),
  })
}

/** An error of OpenAI's own API. The type defaults to the most frequent one. */
export const openai = (status: number, code: string | null, type = 'invalid_request_error'): Tag =>
  worded({ envelope: 'openai', status, type, code })
/** An error of the gateway's middleware. */
export const gateway = (status: number, code = ''): Tag =>
  worded({ envelope: 'middleware', status, type: 'new_api_error', code })
/** An error of the gateway's relay, about the vendor behind it. */
export const relay = (status: number, type: string, code = type): Tag =>
  worded({ envelope: 'relay', status, type, code })
/** An error of a vendor, which the gateway passes on unchanged. */
export const upstream = (status: number, type: string, code: Code): Tag =>
  worded({ envelope: 'upstream', status, type, code })
/** The page of a proxy in front of the gateway. */
export const page = (status: number): Tag => worded({ envelope: 'html', status, type: '', code: null })
