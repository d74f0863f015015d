import type { Dialect, Envelope, ErrorDetails, ErrorSpec } from './error-spec.ts'
import { type ErrorKind, type ErrorRow, ERRORS } from './table.ts'
import { type Reply, JSON_HEADERS } from '../util/reply.ts'

/** A request that is answered with an error: thrown where it is noticed, made a Reply in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: ErrorKind
  readonly details: ErrorDetails

  constructor(kind: ErrorKind, details: ErrorDetails = {}) {
    super(specOf(kind, 'openai').message(details, ''))
    this.kind = kind
    this.details = details
  }
}

/** The Reply to an error: its body is a text. */
export interface ErrorReply extends Reply {
  readonly body: string
}

/** The format of an error: OpenAI's or the gateway's. */
export interface ErrorFormat {
  readonly dialect: Dialect
  /** The gateway ends its own messages with it. */
  readonly requestId: string
}

/**
 * The answer to an ApiError; anything else is a fault of ours and says nothing of itself. What the gateway's words leave
 * out, which models there are or what exactly is wrong, is a note.
 */
export function errorReply(error: unknown, { dialect, requestId }: ErrorFormat): ErrorReply {
  const { kind, details, message: advice } = error instanceof ApiError ? error : new ApiError('server_error')
  const spec = specOf(kind, dialect)
  const message = spec.message(details, requestId)
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

interface Fields {
  readonly message: string
  readonly requestId: string
  readonly type: string
  readonly code: string | null
  /** The `param` of OpenAI. */
  readonly param: string | null
  /** The `param` of the gateway. */
  readonly given: string
}

const sign = ({ message, requestId }: Fields): string => `${message} (request id: ${requestId})`
const errorJson = (error: object): string => JSON.stringify({ error })

// The body of each envelope, with its fields in the order that was seen.
const BODIES: Readonly<Record<Envelope, (fields: Fields) => string>> = {
  openai: ({ message, type, param, code }) => errorJson({ message, type, param, code }),
  middleware: (fields) => errorJson({ code: fields.code ?? '', message: sign(fields), type: fields.type }),
  relay: (fields) => errorJson({ message: sign(fields), type: fields.type, param: fields.given, code: fields.code }),
  upstream: ({ message, type, given, code }) => errorJson({ message, type, param: given, code }),
  html: ({ message: title }) =>
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  empty: () => '',
}

const CONTENT: Partial<Record<Envelope, Readonly<Record<string, string>>>> = {
  html: { 'content-type': 'text/html', 'x-content-type-options': 'nosniff' },
  empty: {},
}
