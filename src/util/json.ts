import { isAscii, isUtf8 } from 'node:buffer'
import type { JsonValue } from './json-value.ts'

export { type JsonObject, type JsonValue, isObject, parseJson } from './json-value.ts'

/** Maximum size of a request body: 32 MiB. */
export const MAX_BODY = 33_554_432
/** Maximum nesting of objects and arrays. */
const MAX_DEPTH = 64
/** Maximum number of values: members of objects and items of arrays. */
const MAX_VALUES = 100_000
/** A name of a member is long if it has more than this number of bytes. */
const LONG_NAME = 4096
/** Maximum number of long names. JSON.parse compares each name with all others of the same length. */
const MAX_LONG_NAMES = 100

/** The JSON value of a body, or a message for the client that says what is wrong with it. */
export type JsonReading = { readonly value: JsonValue } | JsonFault

interface JsonFault {
  readonly fault: string
  /** Whether the body exceeds a limit of the mock. It may be valid JSON. */
  readonly isLimit?: true
}

/**
 * Reads JSON from bytes: UTF-8 with or without a byte order mark, at most 64 levels deep, at most `maxValues` values (by
 * default 100,000), at most 100 names of more than 4,096 bytes. Does not limit the length of the body.
 */
export function readJson(bytes: Buffer, maxValues = MAX_VALUES): JsonReading {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const body = bytes.subarray(start)
  if (body.length === 0) return { fault: 'The request body is empty; send a JSON object.' }
  const isOnlyAscii = isAscii(body)
  if (!isOnlyAscii && !isUtf8(body)) return { fault: 'The request body is not valid UTF-8.' }
  const excess = excessOf(body, maxValues)
  if (excess !== undefined) return { fault: excess, isLimit: true }
  try {
    return { value: JSON.parse(body.toString(isOnlyAscii ? 'latin1' : 'utf8')) } // ASCII is decoded faster as Latin-1
  } catch (error) {
    return { fault: `The request body is not valid JSON: ${reasonOf(error)}.` }
  }
}

// V8's message quotes the body. The response must not repeat what the client sent.
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `syntax error at character ${Number(position) + 1}`
  return message.startsWith('Unexpected end') || message.startsWith('Unterminated')
    ? 'it ends too early'
    : 'unexpected token'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const SPACE = 0x20
const COLON = 0x3a

// Counted before JSON.parse, which needs seconds and a gigabyte of memory for 16 million `[`.
function excessOf(body: Buffer, maxValues: number): string | undefined {
  let depth = 0
  let values = 0
  let longNames = 0
  let isOpened = false // the last byte, spaces aside, opened an object or array
  for (let i = 0; i < body.length; i++) {
    const byte = body[i] ?? 0
    if (byte <= SPACE) continue
    const closes = byte === 0x5d || byte === 0x7d
    if (byte === COMMA || (isOpened && !closes)) values++
    isOpened = byte === 0x5b || byte === 0x7b
    if (isOpened) depth++
    else if (closes) depth--
    else if (byte === QUOTE) {
      const open = i
      i = endOfString(body, open)
      if (i - open > LONG_NAME && isName(body, i)) longNames++
    }
    if (depth > MAX_DEPTH) return `The request body is nested too deeply. The limit is ${MAX_DEPTH} levels.`
    if (values > maxValues) return `The request body has too many values. The limit is ${maxValues}.`
    if (longNames > MAX_LONG_NAMES)
      return `The request body has too many long names. The limit is ${MAX_LONG_NAMES} names of more than ${LONG_NAME} bytes.`
  }
  return undefined
}

// Whether the string that ends at this position is the name of a member.
function isName(body: Buffer, close: number): boolean {
  let next = close + 1
  while ((body[next] ?? COMMA) <= SPACE) next++
  return body[next] === COLON
}

// The closing quote is the first one after an even number of backslashes. indexOf is fast for megabytes of base64.
function endOfString(body: Buffer, open: number): number {
  for (let quote = body.indexOf(QUOTE, open + 1); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let before = quote - 1
    while (body[before] === BACKSLASH && before > open) before--
    if ((quote - before) % 2 === 1) return quote
  }
  return body.length
}
