import { JSON_HEADERS } from '../util/reply.ts'
import type { Dialect, Envelope } from './error-spec.ts'
import { maskAddresses } from './mask.ts'

/** The parts of an error's body. */
export interface ErrorFields {
  readonly message: string
  readonly requestId: string
  readonly type: string
  readonly code: unknown
  /** `param` in OpenAI's format. */
  readonly param: string | null
  /** `param` in the gateway's format. */
  readonly given: string
}

type Write = (fields: ErrorFields) => string

const withRequestId = ({ message, requestId }: ErrorFields): string => `${message} (request id: ${requestId})`
const masked = (fields: ErrorFields): ErrorFields => ({ ...fields, message: maskAddresses(fields.message) })

const html: Write = ({ message: title }) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`
const empty: Write = () => ''
const openai: Write = ({ message, type, param, code }) => JSON.stringify({ error: { message, type, param, code } })
const plain: Write = ({ message, type, given: param, code }) => goJson({ error: { message, type, param, code } })
const relay: Write = (fields) => plain({ ...fields, message: withRequestId(fields) })

// The fields have the order of the real servers.
const WRITERS: Readonly<Record<Dialect, Readonly<Record<Envelope, Write>>>> = {
  openai: { openai, middleware: openai, relay: openai, upstream: openai, plain: openai, html, empty },
  gateway: {
    openai,
    middleware: (fields) =>
      goJson({ error: { code: fields.code ?? '', message: withRequestId(fields), type: fields.type } }),
    relay: (fields) => relay(masked(fields)),
    upstream: (fields) => plain(masked(fields)),
    plain,
    html,
    empty,
  },
  'gateway-2025': {
    openai,
    middleware: (fields) => goJson({ error: { message: withRequestId(fields), type: fields.type } }),
    relay,
    upstream: relay,
    plain,
    html,
    empty,
  },
}

/** Writes the body of an error. */
export function writeError(dialect: Dialect, envelope: Envelope, fields: ErrorFields): string {
  return WRITERS[dialect][envelope](fields)
}

/** The headers of the body of an error. */
export function errorHeaders(dialect: Dialect, envelope: Envelope): Readonly<Record<string, string>> {
  if (envelope === 'empty') return {}
  if (envelope === 'html') return { ...JSON_HEADERS, 'content-type': 'text/html' }
  return dialect === 'openai' ? JSON_HEADERS : GATEWAY_JSON
}

/** The headers of JSON that the gateway writes itself. Relayed JSON has no charset. */
export const GATEWAY_JSON = { ...JSON_HEADERS, 'content-type': 'application/json; charset=utf-8' }

const ESCAPES: Readonly<Record<string, string>> = {
  '<': String.raw`\u003c`,
  '>': String.raw`\u003e`,
  '&': String.raw`\u0026`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
}

/** JSON as Go writes it: with escapes for HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character)
}
