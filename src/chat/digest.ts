import { hash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../contract/json.ts'

// What does not change the picture that is asked for.
const OMITTED = new Set(['stream', 'stream_options', 'user'])
const LONG = 4096

/** The digest of a chat request, 64 hexadecimal digits: of the parsed body without what does not change the picture, and of the seed. */
export function digestOf(body: JsonObject, seed: string): string {
  const entries = Object.entries(body).filter(([key]) => !OMITTED.has(key))
  return hash('sha256', `${seed}\n${canonical(Object.fromEntries(entries))}`, 'hex')
}

// Keys sorted; a long string stands as its own digest, so that megabytes are neither escaped nor copied.
function canonical(value: JsonValue): string {
  if (typeof value === 'string') return value.length > LONG ? `sha256:${hash('sha256', value, 'hex')}` : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  return `{${Object.entries(value).toSorted(byKey).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** 64 hexadecimal digits that follow from a digest, different for each purpose. */
export function derive(digest: string, purpose: string): string {
  return hash('sha256', `${digest} ${purpose}`, 'hex')
}

/** A whole number from 0 to below `bound` that follows from a digest. */
export function numberFrom(digest: string, purpose: string, bound: number): number {
  return Number.parseInt(derive(digest, purpose).slice(0, 12), 16) % bound
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** Characters that follow from a digest: 26 letters and digits, as a completion's id has them behind its prefix. */
export function completionId(digest: string): string {
  return characters(derive(digest, 'completion'), ALPHANUMERIC, 26)
}

/** `01` and 24 characters of Crockford's base32, as the gateway's tasks and pictures are numbered. */
export function ulidFrom(digest: string, purpose: string): string {
  return `01${characters(derive(digest, purpose), BASE32, 24)}`
}

/** How the gateway writes a task's id [S]: a UUID, or `task_01` and 24 characters of base32. */
export const TASK_FORMS = ['uuid', 'prefixed'] as const
export type TaskForm = (typeof TASK_FORMS)[number]

/** The id of the task that made a picture; it follows from the picture's name, so that a link that holds both can be checked. */
export function taskIdOf(name: string, form: TaskForm): string {
  if (form === 'prefixed') return `task_${ulidFrom(name, 'task')}`
  const digits = derive(name, 'task')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}

function characters(digits: string, alphabet: string, count: number): string {
  const bytes = Buffer.from(digits, 'hex')
  return Array.from({ length: count }, (_, i) => alphabet[(bytes[i] ?? 0) % alphabet.length]).join('')
}
