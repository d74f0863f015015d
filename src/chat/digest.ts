import { hash } from 'node:crypto'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { memoizeLongText } from '../util/memoize.ts'
import { createPrng, toUuid } from '../util/prng.ts'

/** The fields of a body that do not change the picture. */
const OMITTED = new Set(['stream', 'stream_options', 'user'])
const LONG = 4096

/**
 * The digest of a chat request: 64 hexadecimal digits, from the seed and the parsed body with sorted keys. Fields
 * that do not change the picture are omitted.
 */
export function digestOf(body: JsonObject, seed: string): string {
  return hash('sha256', `${seed}\n${canonicalObject(body, OMITTED)}`, 'hex')
}

/** A short text for comparisons: the text itself, or the digest of a long text. */
export function shortOf(text: string): string {
  return text.length > LONG ? digestOfLong(text) : text
}

const digestOfLong = memoizeLongText((text) => `sha256:${hash('sha256', text, 'hex')}`)

// Replaces a long string by its digest, to avoid escaping and copying megabytes.
function canonical(value: JsonValue): string {
  if (typeof value === 'string') return value.length > LONG ? digestOfLong(value) : JSON.stringify(value)
  if (isObject(value)) return canonicalObject(value)
  return Array.isArray(value) ? `[${value.map(canonical).join()}]` : JSON.stringify(value)
}

function canonicalObject(value: JsonObject, omitted?: ReadonlySet<string>): string {
  let text = '{'
  for (const key of Object.keys(value).toSorted()) {
    if (omitted?.has(key) !== true) text += `${JSON.stringify(key)}:${canonical(value[key] ?? null)},`
  }
  return `${text}}`
}

/** A generator of whole numbers from 0 to below `bound`. The same digest and purpose give the same numbers. */
export function prngFor(digest: string, purpose: string): (bound: number) => number {
  let salt = 0x811c9dc5 // FNV-1a of the purpose
  for (let i = 0; i < purpose.length; i++) salt = Math.imul(salt ^ purpose.charCodeAt(i), 0x01000193)
  return createPrng(digest, salt)
}

/** Hexadecimal digits derived from a digest. `count` is a multiple of 8. */
export function digitsFrom(digest: string, purpose: string, count: number): string {
  const number = prngFor(digest, purpose)
  const bytes = Buffer.allocUnsafe(count / 2)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(number(2 ** 32), at)
  return bytes.toString('hex')
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** The alphabet of Crockford's base32. */
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

function charactersFrom(number: (bound: number) => number, alphabet: string, count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += alphabet[number(alphabet.length)]
  return text
}

/** Letters and digits derived from a digest. */
export function lettersFrom(digest: string, purpose: string, count: number): string {
  return charactersFrom(prngFor(digest, purpose), ALPHANUMERIC, count)
}

/** An ID in the form of the gateway: `01` and 24 characters of base32. */
export function ulidFrom(digest: string, purpose: string): string {
  return `01${charactersFrom(prngFor(digest, purpose), BASE32, 24)}`
}

/** The forms of a task's ID [S]: a UUID, or `task_01` and 24 characters of base32. */
export const TASK_FORMS = ['uuid', 'prefixed'] as const
export type TaskForm = (typeof TASK_FORMS)[number]

/** The ID of a picture's task. It is derived from the fingerprint, so that a link with both can be checked. */
export function taskIdOf(fingerprint: string, form: TaskForm): string {
  return form === 'prefixed' ? `task_${ulidFrom(fingerprint, 'task')}` : toUuid(digitsFrom(fingerprint, 'task', 32))
}
