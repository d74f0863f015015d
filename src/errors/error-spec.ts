/** Whose statuses, words and envelope an error has: OpenAI's own API, or the gateway's. */
export const DIALECTS = ['openai', 'gateway'] as const
export type Dialect = (typeof DIALECTS)[number]

/** What an error is about; each kind of error takes what it names. */
export interface ErrorDetails {
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong, in whole sentences. */
  readonly reason?: string
  /** What was requested: a model, a path. */
  readonly asked?: string
  /** The prompt that was refused. */
  readonly prompt?: string
  /** What could have been requested. */
  readonly known?: readonly string[]
}

/**
 * How an error's body is written: `openai` has param null where there is none; `middleware` is the gateway's own without
 * param, its keys sorted, `relay` its own with an empty one, and both end their message with the request id; `upstream` is
 * passed on as it came; `html` is a proxy's page; `empty` is none.
 */
export type Envelope = 'openai' | 'middleware' | 'relay' | 'upstream' | 'html' | 'empty'

/** How one dialect says an error. */
export interface ErrorSpec {
  readonly envelope: Envelope
  readonly status: number
  readonly type: string
  readonly code: Code
  readonly message: Text
  /** What is in `param` for every request. */
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A text of an error, or a part of one. Some vendors put the request id into their messages. */
export type Text = (details: ErrorDetails, requestId: string) => string
type Code = string | null | Text

/** A template tag: the template is the message, the parts in it are called with the details of the error. */
type Tag = (strings: readonly string[], ...parts: readonly Text[]) => ErrorSpec

function worded(spec: Omit<ErrorSpec, 'message'>): Tag {
  return (raw, ...parts) => ({
    ...spec,
    message: (details, requestId) => String.raw({ raw }, ...parts.map((part) => part(details, requestId))),
  })
}

/** An error of OpenAI's own API; by default of its most frequent type. */
export const openai = (status: number, code: string | null, type = 'invalid_request_error'): Tag =>
  worded({ envelope: 'openai', status, type, code })
/** An error of the gateway's middleware. */
export const gateway = (status: number, code = ''): Tag =>
  worded({ envelope: 'middleware', status, type: 'new_api_error', code })
/** An error of the gateway's relay, about what is behind it. */
export const relay = (status: number, type: string, code = type): Tag =>
  worded({ envelope: 'relay', status, type, code })
/** An error of a vendor, which the gateway passes on unchanged. */
export const upstream = (status: number, type: string, code: Code): Tag =>
  worded({ envelope: 'upstream', status, type, code })
/** The page of a proxy in front of it all. */
export const page = (status: number): Tag => worded({ envelope: 'html', status, type: '', code: null })
