import type { Dialect, Envelope, ErrorDetails, ErrorSpec } from './error-spec.ts'
import { type ErrorKind, type ErrorRow, ERRORS } from './table.ts'
import { type Reply, JSON_HEADERS } from '../util/reply.ts'

/** An error that a client receives. Thrown where it is detected, and turned into a Reply in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: ErrorKind
  readonly details: ErrorDetails

  constructor(kind: ErrorKind, details: ErrorDetails = {}) {
    super(messageOf(specOf(kind, 'openai'), details, ''))
    this.kind = kind
    this.details = details
  }
}

/** The Reply to an error. Its body is text. */
export interface ErrorReply extends Reply {
  readonly body: string
}

/** The format of an error: OpenAI's or the gateway's. */
export interface ErrorFormat {
  readonly dialect: Dialect
  /** The gateway appends it to its own messages. */
  readonly requestId: string
}

/**
 * The response to an ApiError. Any other error is a bug of the mock, and the response does not have its message. What
 * the gateway's message leaves out (which models exist, what exactly is wrong) becomes a note.
 */
export function errorReply(error: unknown, { dialect, requestId }: ErrorFormat): ErrorReply {
  const { kind, details, message: advice } = error instanceof ApiError ? error : new ApiError('server_error')
  const spec = specOf(kind, dialect)
  const message = messageOf(spec, details, requestId)
  const code = typeof spec.code === 'function' ? spec.code(details, requestId) : spec.code
  const { status, type, envelope } = spec
  return {
    status,
    headers: { ...(CONTENT[envelope] ?? JSON_HEADERS), ...spec.headers, ...details.headers },
    body: BODIES[envelope]({ message, requestId, type, code, given: spec.param ?? '', param: details.param ?? null }),
    notes: message === advice ? [] : [advice],
  }
}

function specOf(kind: ErrorKind, dialect: Dialect): ErrorSpec {
  const row: ErrorRow = ERRORS[kind]()
  const [openai, gateway] = 'status' in row ? [row] : row
  if (dialect === 'openai') return openai
  return gateway ?? { ...openai, envelope: 'middleware', type: 'new_api_error' }
}

// A message may repeat the delay of the headers.
function messageOf(spec: ErrorSpec, details: ErrorDetails, requestId: string): string {
  return spec.message({ ...details, headers: { ...spec.headers, ...details.headers } }, requestId)
}

interface Fields {
  readonly message: string
  readonly requestId: string
  readonly type: string
  readonly code: string | null
  /** `param` in OpenAI's format. */
  readonly param: string | null
  /** `param` in the gateway's format. */
  readonly given: string
}

const withRequestId = ({ message, requestId }: Fields): string => `${message} (request id: ${requestId})`
const errorJson = (error: object): string => JSON.stringify({ error })

// The body of each envelope. The fields have the order of the real servers.
const BODIES: Readonly<Record<Envelope, (fields: Fields) => string>> = {
  openai: ({ message, type, param, code }) => errorJson({ message, type, param, code }),
  middleware: (fields) => errorJson({ code: fields.code ?? '', message: withRequestId(fields), type: fields.type }),
  relay: (fields) =>
    errorJson({ message: withRequestId(fields), type: fields.type, param: fields.given, code: fields.code }),
  upstream: ({ message, type, given, code }) => errorJson({ message, type, param: given, code }),
  html: ({ message: title }) =>
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  empty: () => '',
}

const CONTENT: Partial<Record<Envelope, Readonly<Record<string, string>>>> = {
  html: { 'content-type': 'text/html', 'x-content-type-options': 'nosniff' },
  empty: {},
}
