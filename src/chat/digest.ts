import { hash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { createPrng } from '../util/prng.ts'
import { memoizeLongText } from '../util/memoize.ts'
import { toUuid } from '../util/uuid.ts'

// What does not change the picture that is asked for.
const OMITTED = new Set(['stream', 'stream_options', 'user'])
const LONG = 4096

/** The digest of a chat request, 64 hexadecimal digits: of the parsed body without what does not change the picture, and of the seed. */
export function digestOf(body: JsonObject, seed: string): string {
  return hash('sha256', `${seed}\n${canonicalObject(body, OMITTED)}`, 'hex')
}

/** What stands for a text of any length where texts are told apart: itself, or of a long one its digest. */
export function shortOf(text: string): string {
  return text.length > LONG ? digestOfLong(text) : text
}

const digestOfLong = memoizeLongText((text) => `sha256:${hash('sha256', text, 'hex')}`)

// Keys sorted; a long string stands as its own digest, so that megabytes are neither escaped nor copied.
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

/** Whole numbers that follow from a digest, others for each purpose. */
export function prngFor(digest: string, purpose: string): (bound: number) => number {
  let salt = 0x811c9dc5
  for (let i = 0; i < purpose.length; i++) salt = Math.imul(salt ^ purpose.charCodeAt(i), 0x01000193)
  return createPrng(digest, salt)
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

function characters(digest: string, purpose: string, { alphabet, count }: { alphabet: string; count: number }): string {
  const number = prngFor(digest, purpose)
  let text = ''
  for (let i = 0; i < count; i++) text += alphabet[number(alphabet.length)]
  return text
}

/** Hexadecimal digits that follow from a digest; `count` is a multiple of 8. */
export function digitsFrom(digest: string, purpose: string, count: number): string {
  const number = prngFor(digest, purpose)
  let digits = ''
  while (digits.length < count) {
    const four = number(2 ** 32)
    for (let shift = 24; shift >= 0; shift -= 8) digits += BYTES[(four >>> shift) & 0xff]
  }
  return digits
}

// Each byte as two hexadecimal digits: to write a number of 32 bits takes the engine ten times as long.
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Letters and digits that follow from a digest. */
export function lettersFrom(digest: string, purpose: string, count: number): string {
  return characters(digest, purpose, { alphabet: ALPHANUMERIC, count })
}

/** A completion's id behind its prefix: 26 letters and digits. */
export function completionId(digest: string): string {
  return lettersFrom(digest, 'completion', 26)
}

/** `01` and 24 characters of Crockford's base32, as the gateway's tasks and pictures are numbered. */
export function ulidFrom(digest: string, purpose: string): string {
  return `01${characters(digest, purpose, { alphabet: BASE32, count: 24 })}`
}

/** How the gateway writes a task's id [S]: a UUID, or `task_01` and 24 characters of base32. */
export const TASK_FORMS = ['uuid', 'prefixed'] as const
export type TaskForm = (typeof TASK_FORMS)[number]

/** The id of the task that made a picture; it follows from the picture's fingerprint, so that a link that holds both can be checked. */
export function taskIdOf(fingerprint: string, form: TaskForm): string {
  if (form === 'prefixed') return `task_${ulidFrom(fingerprint, 'task')}`
  return toUuid(digitsFrom(fingerprint, 'task', 32))
}
