import type { Reply } from './reply.ts'
import { jsonReply } from './reply.ts'

/** What an error is about; each kind of error takes what it names. */
export interface ErrorDetails {
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is wrong, in whole sentences. */
  readonly reason?: string
  /** What was asked for. */
  readonly asked?: string
  /** What could have been asked for. */
  readonly known?: readonly string[]
}

interface ErrorRow {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly message: (details: ErrorDetails) => string
}

const INVALID = 'invalid_request_error'
const reasonOf = ({ reason = '' }: ErrorDetails): string => reason
const hint = (known: readonly string[] | undefined, words: string, end = '.'): string => (known === undefined || known.length === 0 ? '' : ` ${words} ${known.join(', ')}${end}`)

/** Every error that the mock itself makes, in the words of OpenAI's API [R] where it has them. */
const ERRORS = {
  invalid_body: { status: 400, type: INVALID, code: null, message: reasonOf },
  missing_parameter: { status: 400, type: INVALID, code: 'missing_required_parameter', message: reasonOf },
  invalid_type: { status: 400, type: INVALID, code: 'invalid_type', message: reasonOf },
  invalid_value: { status: 400, type: INVALID, code: 'invalid_value', message: reasonOf },
  invalid_image: { status: 400, type: INVALID, code: 'invalid_image', message: reasonOf },
  reference_required: {
    status: 400,
    type: INVALID,
    code: 'missing_required_parameter',
    message: ({ asked }) => `The model '${asked}' needs a reference image: add an image_url part, or begin the prompt with an image's URL.`,
  },
  bad_request_line: { status: 400, type: INVALID, code: null, message: reasonOf },
  invalid_api_key: { status: 401, type: INVALID, code: 'invalid_api_key', message: () => 'Incorrect API key provided. Send one that this server was started with, as: Authorization: Bearer KEY.' },
  foreign_origin: { status: 403, type: INVALID, code: 'foreign_origin', message: () => 'The control API is closed to web pages of other origins.' },
  unknown_model: {
    status: 404,
    type: INVALID,
    code: 'model_not_found',
    message: ({ asked, known }) => `The model '${asked}' does not exist or you do not have access to it.${hint(known, 'Models:')}`,
  },
  unknown_path: {
    status: 404,
    type: INVALID,
    code: null,
    message: ({ asked, known, reason }) => `Invalid URL (${asked}).${hint(known, 'Did you mean', '?') || hint(reason === undefined ? [] : [reason], 'This server has')}`,
  },
  unknown_picture: { status: 404, type: INVALID, code: 'picture_not_found', message: () => 'There is no such picture: this name was not made here, or it was changed or cut short on the way.' },
  wrong_method: { status: 405, type: INVALID, code: 'method_not_allowed', message: ({ asked, known }) => `Invalid method for URL (${asked}).${hint(known, 'Allowed:')}` },
  request_timeout: { status: 408, type: INVALID, code: 'request_timeout', message: () => 'The request did not arrive in time.' },
  body_too_large: { status: 413, type: INVALID, code: 'request_too_large', message: reasonOf },
  wrong_content_type: {
    status: 415,
    type: INVALID,
    code: 'unsupported_media_type',
    message: ({ asked, known }) => `Unsupported Content-Type '${asked}'.${hint(known, 'Send the header Content-Type:')}`,
  },
  content_encoding: { status: 415, type: INVALID, code: 'unsupported_content_encoding', message: ({ asked }) => `Unsupported Content-Encoding '${asked}'. Send the body as it is.` },
  headers_too_large: { status: 431, type: INVALID, code: 'headers_too_large', message: () => 'The request headers are too large.' },
  unwanted: { status: 499, type: INVALID, code: null, message: () => 'The client closed the request.' },
  server_error: { status: 500, type: 'server_error', code: null, message: () => 'The mock failed to answer this request; its log says why. This is a fault of the mock, please report it.' },
} as const satisfies Record<string, ErrorRow>

export type ErrorKind = keyof typeof ERRORS

/** A request that is answered with an error: thrown where it is noticed, made a Reply in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: ErrorKind
  readonly details: ErrorDetails

  constructor(kind: ErrorKind, details: ErrorDetails = {}) {
    super(ERRORS[kind].message(details))
    this.kind = kind
    this.details = details
  }
}

/** The answer to an ApiError; anything else is a fault of ours and says nothing of itself. */
export function errorReply(error: unknown): Reply {
  const { kind, details, message } = error instanceof ApiError ? error : new ApiError('server_error')
  const { status, type, code }: ErrorRow = ERRORS[kind]
  return jsonReply({ error: { message, type, param: details.param ?? null, code } }, { status, headers: details.headers ?? {} })
}
