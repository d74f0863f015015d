import type { GatewayDialect } from '../errors/error-spec.ts'
import { ApiError } from '../errors/api-error.ts'
import { type JsonObject, type JsonValue, isObject, readJson } from '../util/json.ts'
import { firstMember } from './first-member.ts'
import { syntaxFault } from './go-syntax.ts'

/** A request body as the gateway reads it. */
export interface GatewayBody {
  /** The value of JSON or of a form. Undefined for a body that the gateway does not read. */
  readonly value: JsonValue | undefined
  /** The field that chooses the channel. */
  readonly model: JsonValue | undefined
  /** The bytes that are passed on. */
  readonly bytes: Buffer
}

/**
 * The value that the vendor receives. The gateway writes the model that chose the channel into it [S]. Undefined for a
 * body that was not read.
 */
export function toVendorValue({ value, model }: GatewayBody): JsonValue | undefined {
  const isOther = isObject(value) && typeof model === 'string' && value['model'] !== model
  return isOther ? { ...value, model } : value
}

type Reader = (bytes: Buffer) => GatewayBody

// How bodies are read, by the beginning of their Content-Type, which is case-sensitive [M]. Others are not read [M].
const READERS: Readonly<Record<GatewayDialect, readonly (readonly [type: string, read: Reader])[]>> = {
  gateway: [
    ['application/json', readLenientJson],
    ['application/x-www-form-urlencoded', readForm],
  ],
  'gateway-2025': [['application/json', readGoJson]],
}

/** Reads a body as a build of the gateway does. Throws an ApiError. */
export function readGatewayBody(bytes: Buffer, contentType: string, dialect: GatewayDialect): GatewayBody {
  const found = READERS[dialect].find(([type]) => contentType.startsWith(type))
  return found === undefined ? { value: undefined, model: undefined, bytes } : found[1](bytes)
}

// The builds of 2026 replace invalid UTF-8, and look for the first `model` in valid JSON of any type [M].
function readLenientJson(sent: Buffer): GatewayBody {
  const bytes = Buffer.from(sent.toString('utf8'))
  const value = parse(bytes, () => 'invalid JSON request body')
  return { value, model: firstMember(bytes.toString('utf8'), 'model', value), bytes }
}

// The builds of 2025 decode the body, and pass invalid UTF-8 on [M].
function readGoJson(sent: Buffer): GatewayBody {
  const bytes = Buffer.from(sent.toString('utf8'))
  const value = parse(bytes, () => syntaxFault(sent))
  return { value, model: firstMember('', 'model', value), bytes: sent }
}

function parse(bytes: Buffer, decoder: () => string | undefined): JsonValue {
  const reading = bytes[0] === 0xef ? { fault: 'The request body begins with a byte order mark.' } : readJson(bytes)
  if ('value' in reading) return reading.value
  throw new ApiError('invalid_body', { reason: reading.fault, decoder: decoder() ?? reading.fault })
}

const MAX_FIELDS = 10_000
const AND = 0x26

// A field that is repeated is a list.
function readForm(bytes: Buffer): GatewayBody {
  let count = 0
  for (let at = bytes.indexOf(AND); at >= 0; at = bytes.indexOf(AND, at + 1)) count++
  if (count > MAX_FIELDS) {
    const reason = `The form has too many fields. The limit is ${MAX_FIELDS}.`
    throw new ApiError('invalid_body', { reason, decoder: reason })
  }
  const fields = new Map<string, string[]>()
  for (const [name, text] of new URLSearchParams(bytes.toString('utf8'))) {
    const texts = fields.get(name)
    if (texts === undefined) fields.set(name, [text])
    else texts.push(text)
  }
  const value: JsonObject = Object.fromEntries(
    [...fields].map(([name, [first = '', ...rest]]) => [name, rest.length === 0 ? first : [first, ...rest]]),
  )
  return { value, model: value['model'], bytes: Buffer.from(JSON.stringify(value)) }
}
