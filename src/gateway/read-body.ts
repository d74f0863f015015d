import { isUtf8 } from 'node:buffer'
import type { GatewayDialect } from '../errors/error-spec.ts'
import { ApiError } from '../errors/api-error.ts'
import { type JsonObject, type JsonValue, MAX_BODY, isObject, readJson } from '../util/json.ts'
import { decodeField } from './decode-field.ts'
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
  const bytes = replaceInvalid(sent)
  const value = parse(bytes, () => 'invalid JSON request body')
  return { value, model: firstMember(bytes, 'model', value), bytes }
}

// The builds of 2025 decode the body, and pass invalid UTF-8 on [M].
function readGoJson(sent: Buffer): GatewayBody {
  const value = parse(replaceInvalid(sent), () => syntaxFault(sent))
  return { value, model: isObject(value) ? value['model'] : undefined, bytes: sent }
}

// The decoder is asked about bad syntax only. A limit of the mock is reported as such, and the body is not read again.
function parse(bytes: Buffer, decoder: () => string | undefined): JsonValue {
  const reading = bytes[0] === 0xef ? { fault: 'The request body begins with a byte order mark.' } : readJson(bytes)
  if ('value' in reading) return reading.value
  const { fault, isLimit = false } = reading
  throw new ApiError('invalid_body', { reason: fault, decoder: isLimit ? fault : (decoder() ?? fault) })
}

function replaceInvalid(sent: Buffer): Buffer {
  if (isUtf8(sent)) return sent
  return toBytes(sent.toString('utf8'))
}

// A byte that is not UTF-8 becomes three, a control character six, so the limit holds for what is sent on too.
function toBytes(text: string): Buffer {
  if (Buffer.byteLength(text) <= MAX_BODY) return Buffer.from(text)
  throw tooLarge()
}

function tooLarge(): ApiError {
  const reason = `The request body is too large after it is decoded. The limit is ${MAX_BODY} bytes.`
  return new ApiError('body_too_large', { reason })
}

const MAX_FIELDS = 10_000
const AND = 0x26
const EQUALS = 0x3d

// A field that is repeated is a list.
function readForm(sent: Buffer): GatewayBody {
  const texts = new Map<string, string[]>()
  let escapes = 0
  for (const field of fieldsOf(replaceInvalid(sent))) {
    const equals = field.indexOf(EQUALS)
    const name = decodeField(equals < 0 ? field : field.subarray(0, equals))
    const text = equals < 0 ? '' : decodeField(field.subarray(equals + 1))
    escapes += escapesIn(name) + escapesIn(text)
    if (escapes * ESCAPE > MAX_BODY) throw tooLarge()
    const others = texts.get(name)
    if (others === undefined) texts.set(name, [text])
    else others.push(text)
  }
  const value: JsonObject = Object.fromEntries(
    [...texts].map(([name, [first = '', ...rest]]) => [name, rest.length === 0 ? first : [first, ...rest]]),
  )
  return { value, model: value['model'], bytes: toBytes(JSON.stringify(value)) }
}

/** The bytes of a control character in JSON. */
const ESCAPE = 6
const SHORT_ESCAPES = new Set(Buffer.from('\b\t\n\f\r'))

// Counted before the text is written as JSON, which takes half a second for megabytes of them.
function escapesIn(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0
    if (code < 0x20 && !SHORT_ESCAPES.has(code)) count++
  }
  return count
}

// Counted before they are decoded.
function fieldsOf(form: Buffer): Buffer[] {
  const fields: Buffer[] = []
  let start = 0
  for (let count = 0; start <= form.length; count++) {
    if (count > MAX_FIELDS) {
      const reason = `The form has too many fields. The limit is ${MAX_FIELDS}.`
      throw new ApiError('invalid_body', { reason, decoder: reason })
    }
    const and = form.indexOf(AND, start)
    const end = and < 0 ? form.length : and
    if (end > start) fields.push(form.subarray(start, end))
    start = end + 1
  }
  return fields
}
