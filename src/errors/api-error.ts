import { type Reply, EVENT_STREAM_HEADERS } from '../util/reply.ts'
import { errorHeaders, writeError } from './envelopes.ts'
import type { Dialect, Envelope, ErrorDetails, ErrorLanguage, ErrorSpec, GatewayDialect } from './error-spec.ts'
import { type GatewayRow, GATEWAY } from './gateway.ts'
import { GATEWAY_2025 } from './gateway-2025.ts'
import { type ErrorKind, ERRORS } from './table.ts'

/** An error that a client receives. Thrown where it is detected, and turned into a Reply in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: ErrorKind
  readonly details: ErrorDetails

  constructor(kind: ErrorKind, details: ErrorDetails = {}) {
    super(messageOf(ERRORS[kind](), details, NOBODY))
    this.kind = kind
    this.details = details
  }
}

const NOBODY: ErrorFormat = { dialect: 'openai', requestId: '' }

/** The Reply to an error. Its body is text. */
export interface ErrorReply extends Reply {
  readonly body: string
}

/** The format of an error: OpenAI's or the gateway's. */
export interface ErrorFormat {
  readonly dialect: Dialect
  /** The gateway appends it to its own messages. */
  readonly requestId: string
  /** Of the gateway's own messages. Defaults to English. */
  readonly language?: ErrorLanguage
  /** Whether the client requested a stream. Defaults to false. */
  readonly wantsStream?: boolean
}

/**
 * The response to an ApiError. Any other error is a bug of the mock, and the response does not have its message. What
 * the gateway's message leaves out (which models exist, what exactly is wrong) becomes a note.
 */
export function errorReply(error: unknown, format: ErrorFormat): ErrorReply {
  const { kind, details, message: advice } = error instanceof ApiError ? error : new ApiError('server_error')
  const spec = specOf(kind, format.dialect)
  const { dialect, requestId } = format
  const message = messageOf(spec, details, format)
  const code = typeof spec.code === 'function' ? spec.code(details, askingOf(format)) : spec.code
  const param = details.param ?? null
  if (isVendors(kind, dialect)) return vendorErrorReply({ ...spec, message, param, code }, { ...format, dialect })
  const { status, type, envelope, param: given = '' } = spec
  return {
    status,
    headers: { ...headersOf(envelope, format, spec.isLate), ...spec.headers, ...details.headers },
    body: writeError(dialect, envelope, { message, requestId, type, code, given, param }),
    notes: message === advice ? [] : [advice],
  }
}

/** An error of a vendor in OpenAI's format. */
export interface VendorError {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  /** Any JSON value. */
  readonly code: unknown
}

/** A format of the gateway. */
export interface GatewayFormat extends ErrorFormat {
  readonly dialect: GatewayDialect
}

/**
 * An error of a vendor, as the gateway passes it on: without the vendor's headers, and with an empty `param`. The builds
 * of 2025 add the request id, and replace the message of a 429 [M]; it becomes a note.
 */
export function vendorErrorReply(error: VendorError, format: GatewayFormat): ErrorReply {
  const { dialect, requestId } = format
  const { status, type, code, param } = error
  const message = dialect === 'gateway-2025' && status === 429 ? '当前分组上游负载已饱和，请稍后再试' : error.message
  return {
    status,
    headers: headersOf('upstream', format, true),
    body: writeError(dialect, 'upstream', { message, requestId, type, code, given: param ?? '', param }),
    notes: message === error.message ? [] : [error.message],
  }
}

// The builds of 2026 begin a requested stream before they have a response of the vendor.
function headersOf(envelope: Envelope, format: ErrorFormat, isLate: true | undefined): ErrorReply['headers'] {
  const { dialect, wantsStream = false } = format
  return dialect === 'gateway' && wantsStream && isLate === true
    ? EVENT_STREAM_HEADERS
    : errorHeaders(dialect, envelope)
}

const OLDER: Partial<Record<ErrorKind, GatewayRow>> = { ...GATEWAY, ...GATEWAY_2025 }
const ROWS: Readonly<Record<GatewayDialect, Partial<Record<ErrorKind, GatewayRow>>>> = {
  gateway: GATEWAY,
  'gateway-2025': OLDER,
}

function isVendors(kind: ErrorKind, dialect: Dialect): dialect is GatewayDialect {
  return dialect !== 'openai' && ROWS[dialect][kind] === 'vendor'
}

// An error that the gateway does not have gets its envelope.
function specOf(kind: ErrorKind, dialect: Dialect): ErrorSpec {
  const row = dialect === 'openai' ? 'vendor' : ROWS[dialect][kind]
  if (row === 'vendor') return ERRORS[kind]()
  return row === undefined ? { ...ERRORS[kind](), envelope: 'middleware', type: 'new_api_error' } : row()
}

// A message may repeat the delay of the headers.
function messageOf(spec: ErrorSpec, details: ErrorDetails, format: ErrorFormat): string {
  return spec.message({ ...details, headers: { ...spec.headers, ...details.headers } }, askingOf(format))
}

// The builds of 2025 have no translations.
function askingOf({ dialect, requestId, language = 'en' }: ErrorFormat): {
  requestId: string
  language: ErrorLanguage
} {
  return { requestId, language: dialect === 'gateway-2025' ? 'zh' : language }
}
