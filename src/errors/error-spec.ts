/**
 * The error formats: OpenAI's, the gateway's (its builds of 2026), or that of the gateway's builds of 2025. They differ
 * in status, wording and envelope.
 */
export const DIALECTS = ['openai', 'gateway', 'gateway-2025'] as const
export type Dialect = (typeof DIALECTS)[number]
/** The formats of the gateway. */
export type GatewayDialect = Exclude<Dialect, 'openai'>

/** The languages of the gateway's own errors: English, simplified and traditional Chinese. */
export type ErrorLanguage = 'en' | 'zh' | 'zh-TW'

/** What an error is about. Each kind of error uses some of the fields. */
export interface ErrorDetails {
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong, in full sentences. */
  readonly reason?: string
  /** What is wrong, in the words of the gateway's decoder. */
  readonly decoder?: string
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
 * `upstream`: about the vendor, passed on as the build does. `plain`: the gateway's, without request id. `html`: the
 * page of a proxy. `empty`: no body.
 */
export type Envelope = 'openai' | 'middleware' | 'relay' | 'upstream' | 'plain' | 'html' | 'empty'

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
  /** Whether the gateway has called the vendor before. The builds of 2026 have begun a requested stream then [M]. */
  readonly isLate?: true
}

/** The request that an error answers. */
export interface Asking {
  /** Some vendors put it into their messages. */
  readonly requestId: string
  readonly language: ErrorLanguage
}

/** A text of an error, or a part of one. */
export type Text = (details: ErrorDetails, asking: Asking) => string
type Code = string | null | Text

/** A template tag: its parts are called with the details of the error. */
export function text(raw: readonly string[], ...parts: readonly Text[]): Text {
  return (details, asking) => String.raw({ raw }, ...parts.map((part) => part(details, asking)))
}

/** A template tag: the template is the message. */
type Tag = (strings: readonly string[], ...parts: readonly Text[]) => ErrorSpec

function worded(spec: Omit<ErrorSpec, 'message'>): Tag {
  return (raw, ...parts) => ({ ...spec, message: text(raw, ...parts) })
}

/** An error of OpenAI's own API. The type defaults to the most frequent one. */
export const openai = (status: number, code: string | null, type = 'invalid_request_error'): Tag =>
  worded({ envelope: 'openai', status, type, code })
/** An error of the gateway's middleware. */
export const gateway = (status: number, code = ''): Tag =>
  worded({ envelope: 'middleware', status, type: 'new_api_error', code })
/** An error of the gateway's relay. */
export const relay = (status: number, type: string, code = type): Tag =>
  worded({ envelope: 'relay', status, type, code })
/** An error about the vendor behind the gateway. */
export const upstream = (status: number, type: string, code: Code): Tag =>
  worded({ envelope: 'upstream', status, type, code, isLate: true })
/** The same, in the envelope of the gateway's relay. */
export const late = (status: number, type: string, code = type): Tag =>
  worded({ envelope: 'relay', status, type, code, isLate: true })
/** An error of the gateway's router. */
export const plain = (status: number, type: string, code: string): Tag =>
  worded({ envelope: 'plain', status, type, code })
/** The page of a proxy in front of the gateway. */
export const page = (status: number): Tag => worded({ envelope: 'html', status, type: '', code: null })

/** The model or the path that was requested. */
export const asked: Text = ({ asked: name = 'X' }) => name
/** The prompt that was rejected. */
export const prompt: Text = ({ prompt: words = '' }) => words
/** The parameter that an error is about. */
export const param: Text = ({ param: name = 'prompt' }) => name
/** The request id. */
export const id: Text = (_details, { requestId }) => requestId
/** What is wrong, or another text. */
export function reasonOr(otherwise: string): Text {
  return (details) => details.reason ?? otherwise
}
