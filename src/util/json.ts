import { isAscii, isUtf8 } from 'node:buffer'
import type { Literal, Text } from '../openapi/literal.ts'
import { LONG, setAside } from '../openapi/literal.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The deepest nesting of objects and arrays that is read. */
export const MAX_DEPTH = 64
/** The most values (members of objects and items of arrays) that are read. */
export const MAX_VALUES = 100_000
/** The most names of members that are read of those with more than 4,096 bytes: JSON.parse compares each with all others of its length. */
export const MAX_LONG_NAMES = 100

/** A body as JSON, or what is wrong with it in words for the client. */
export type JsonReading = { readonly value: JsonValue } | { readonly fault: string }

/**
 * Reads JSON from bytes: UTF-8 with or without a byte order mark. Depth and number of values are counted in the bytes
 * first, since JSON.parse needs seconds and a gigabyte for 16 million `[`.
 */
export function readJson(bytes: Buffer): JsonReading {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const body = bytes.subarray(start)
  if (body.length === 0) return { fault: 'The request body is empty; send a JSON object.' }
  const isLatin = isAscii(body)
  if (!isLatin && !isUtf8(body)) return { fault: 'The request body is not valid UTF-8.' }
  const { excess, literals } = surveyOf(body)
  if (excess !== undefined) return { fault: excess }
  const text: Text = { bytes: body, encoding: isLatin ? 'latin1' : 'utf8' } // of megabytes, Latin 1 is made a text in a tenth of the time
  try {
    return { value: parse(text, literals) }
  } catch {
    return parseWhole(text)
  }
}

function parse(text: Text, literals: readonly Literal[]): JsonValue {
  if (literals.length === 0) return JSON.parse(text.bytes.toString(text.encoding))
  const rest = setAside(text, literals)
  return JSON.parse(rest.text, rest.revive)
}

// What is wrong is told of the text as it came.
function parseWhole(text: Text): JsonReading {
  try {
    return { value: parse(text, []) }
  } catch (error) {
    return { fault: `The request body is not valid JSON: ${reasonOf(error)}` }
  }
}

// V8 quotes the body in its message; what a client sent is not sent back at length.
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `it breaks at character ${Number(position) + 1}.`
  return message.startsWith('Unexpected end') || message.startsWith('Unterminated')
    ? 'it ends too early.'
    : 'it holds an unexpected token.'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const SPACE = 0x20
const COLON = 0x3a

interface Survey {
  /** What there is too much of, in words for the client. */
  readonly excess: string | undefined
  /** The long string literals that are no names. */
  readonly literals: readonly Literal[]
}

function surveyOf(body: Buffer): Survey {
  const literals: Literal[] = []
  let depth = 0
  let values = 0
  let names = 0 // the long ones
  let isOpened = false // the last byte that was no space opened an object or array
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
      if (i - open > LONG && i < body.length) {
        if (isName(body, i)) names++
        else literals.push({ open, close: i })
      }
    }
    if (depth > MAX_DEPTH)
      return { excess: `The request body is nested too deeply; at most ${MAX_DEPTH} levels are read.`, literals }
    if (values > MAX_VALUES)
      return { excess: `The request body holds too many values; at most ${MAX_VALUES} are read.`, literals }
    if (names > MAX_LONG_NAMES)
      return {
        excess: `The request body holds too many long names; at most ${MAX_LONG_NAMES} of more than ${LONG} bytes are read.`,
        literals,
      }
  }
  return { excess: undefined, literals }
}

// Whether the string that ends here is the name of a member.
function isName(body: Buffer, close: number): boolean {
  let next = close + 1
  while ((body[next] ?? COMMA) <= SPACE) next++
  return body[next] === COLON
}

// The closing quote is the first one behind an even number of backslashes. indexOf skips megabytes of base64 at once.
function endOfString(body: Buffer, open: number): number {
  for (let quote = body.indexOf(QUOTE, open + 1); quote !== -1; quote = body.indexOf(QUOTE, quote + 1)) {
    let before = quote - 1
    while (body[before] === BACKSLASH && before > open) before--
    if ((quote - before) % 2 === 1) return quote
  }
  return body.length
}
