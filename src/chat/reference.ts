import { hash } from 'node:crypto'
import { ApiError } from '../errors/api-error.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { decodeUrl } from '../images/links.ts'
import { type Creature, type Recipe, type Size, MAX_REFERENCES } from '../images/recipe.ts'
import { memoizeLongText } from '../util/memoize.ts'
import { shortOf } from './digest.ts'

/** A reference picture: its mark in the new picture, and its size if that is known. */
export interface Reference {
  readonly mark: Creature | string
  readonly size: Size | undefined
}

/** The URL of a reference picture, and the parameter that holds it. */
interface Source {
  readonly url: string
  readonly param: string
}

/** The content of the messages of a request. */
export interface Conversation {
  /** The text of the last user turn. */
  readonly prompt: string
  /** The text of all turns, without reference pictures. */
  readonly text: string
  /** The reference pictures without duplicates, the oldest first. */
  readonly sources: readonly Source[]
  /** The number of reference pictures with duplicates. */
  readonly pictures: number
}

/** Reads the text and the reference pictures of all messages. */
export function readConversation(messages: JsonValue | undefined): Conversation {
  let prompt = ''
  const texts: string[] = []
  const sources: Source[] = []
  const turns = Array.isArray(messages) ? messages.filter(isObject) : []
  for (const [i, turn] of turns.entries()) {
    const text = readTurn(turn, `messages[${i}].content`, sources)
    texts.push(text)
    if (turn['role'] === 'user' || (prompt === '' && i === turns.length - 1)) prompt = text
  }
  const pictures = sources.length
  if (pictures < 2) return { prompt, text: texts.join('\n'), sources, pictures }
  // Equal URLs: the first one sets the position, the last one the parameter of an error.
  const unique = new Map(sources.map((source) => [shortOf(source.url), source]))
  return { prompt, text: texts.join('\n'), sources: [...unique.values()], pictures }
}

// Returns the text of a message and adds its pictures to `sources`.
function readTurn({ role, content }: JsonObject, param: string, sources: Source[]): string {
  const parts = typeof content === 'string' ? [content] : Array.isArray(content) ? content : []
  const texts: string[] = []
  for (const [i, part] of parts.entries()) {
    const text = isObject(part) ? part['text'] : part
    if (typeof text === 'string' && text !== '') texts.push(text)
    const link = isObject(part) ? (part['image_url'] ?? part['file_url']) : undefined
    const url = isObject(link) ? link['url'] : link
    if (typeof url === 'string') sources.push({ url, param: `${param}[${i}]` })
  }
  const written = texts.join('\n')
  const { text, urls } = role === 'assistant' ? splitPictures(written) : splitLeadingUrls(written)
  for (const url of urls) sources.push({ url, param })
  return text
}

/**
 * A picture in Markdown. Base64 may contain line breaks. No part matches the start of the next picture, so a search
 * takes linear time.
 */
const PICTURE = /!\[[^[\]]*\]\(\s*(?:(https?:\/\/[^\s()]+)\s*|(data:(?:image|application)\/[^()]+))\)/gi
const MAX_PICTURES = 100 // pictures that are removed from one message, at most

function splitPictures(written: string): { text: string; urls: string[] } {
  const urls: string[] = []
  const text = written.replaceAll(PICTURE, (picture: string, link?: string, data?: string) => {
    if (urls.length === MAX_PICTURES) return picture
    urls.push(link ?? data ?? '')
    return ''
  })
  return { text, urls }
}

/** Splits a prompt into the URLs at its start, which are references, separated by spaces [S], and the rest. */
export function splitLeadingUrls(text: string): { text: string; urls: string[] } {
  const urls: string[] = []
  const leading = /\s*(https?:\/\/\S+)(?:\s+|$)/y
  let end = 0
  for (let match = leading.exec(text); match !== null && urls.length < MAX_REFERENCES; match = leading.exec(text)) {
    urls.push(match[1] ?? '')
    end = leading.lastIndex
  }
  return { text: text.slice(end), urls }
}

/** The newest 16 references. Nothing is fetched. Throws an ApiError for a source that is not a picture. */
export async function toReferences(sources: readonly Source[]): Promise<Reference[]> {
  const references: Reference[] = []
  for (const { url, param } of sources.slice(-MAX_REFERENCES)) {
    const isData = /^data:/i.test(url)
    const reference = isData ? await pictureIn(url)?.reference : pictureBehind(url)
    if (reference === undefined) {
      const reason = isData
        ? 'the data URI is not a readable PNG, JPEG, WebP or GIF.'
        : 'expected an http(s) URL or a data URI.'
      throw new ApiError('invalid_image', { param, reason: `Invalid image in '${param}': ${reason}` })
    }
    references.push(reference)
  }
  return references
}

function pictureBehind(url: string): Reference | undefined {
  if (!/^https?:\/\/./i.test(url)) return undefined
  const recipe = decodeUrl(url)
  return recipe === undefined ? { mark: hash('sha256', url, 'hex').slice(0, 16), size: undefined } : ofOurs(recipe)
}

function ofOurs({ emblem, palette, width, height }: Recipe): Reference {
  return { mark: { emblem, palette }, size: { width, height } }
}

/** A picture in a data URI. */
interface DataPicture {
  /** 16 hexadecimal digits of SHA-256. */
  readonly digest: string
  /** In bytes. */
  readonly length: number
  /** Undefined if it is not a picture. */
  readonly reference: Promise<Reference | undefined>
}

/** The picture in a data URI; undefined if it has another type or its base64 is invalid. */
export const pictureIn = memoizeLongText((url): DataPicture | undefined => {
  const [head, isBase64] =
    /^data:(?:image\/[\w.+-]+|application\/octet-stream)(?:;[^;,]*)*?(;\s*base64\s*)?,/i.exec(url.slice(0, MAX_HEAD)) ??
    []
  if (head === undefined) return undefined
  const payload = unescaped(url.slice(head.length))
  const bytes = Buffer.from(payload, isBase64 === undefined ? 'latin1' : 'base64')
  if (bytes.length === 0 || (isBase64 !== undefined && !isComplete(payload, bytes.length))) return undefined
  const digest = hash('sha256', bytes, 'hex').slice(0, 16)
  return { digest, length: bytes.length, reference: toReference(bytes, digest) }
})

const MAX_HEAD = 500 // characters of a data URI before its payload

async function toReference(bytes: Buffer, digest: string): Promise<Reference | undefined> {
  const { readRecipe } = await import('../images/render/metadata.ts') // loads zlib, which most requests do not need
  const recipe = readRecipe(bytes)
  if (recipe !== undefined) return ofOurs(recipe)
  const size = await measure(bytes)
  return size === undefined ? undefined : { mark: digest, size }
}

/** Decodes percent-encoding to characters that each stand for one byte. */
export function unescaped(text: string): string {
  return text.includes('%') ? unescape(text) : text // decodeURIComponent rejects bytes that are not UTF-8
}

// Buffer.from skips all characters that are not base64. Only white space may be skipped.
function isComplete(base64: string, length: number): boolean {
  const isOf = (count: number): boolean => count % 4 !== 1 && length === Math.floor((count * 3) / 4)
  if (isOf(base64.length - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0))) return true
  let count = 0
  for (const byte of Buffer.from(base64, 'latin1')) if (byte > 0x20 && byte !== 0x3d) count++
  return isOf(count)
}

// In a JPEG, the size can come after a preview picture. Searching megabytes would block other requests.
const HEADER = 262_144

// Reads the size from the header. Pixels from a client are never decoded.
async function measure(bytes: Buffer): Promise<Size | undefined> {
  const { PNG } = await import('image-size/types/png')
  const { JPG } = await import('image-size/types/jpg')
  const { WEBP } = await import('image-size/types/webp')
  const { GIF } = await import('image-size/types/gif')
  const header = bytes.subarray(0, HEADER)
  try {
    const format = [PNG, JPG, WEBP, GIF].find((one) => one.validate(header))
    const { width = 0, height = 0 } = format?.calculate(header) ?? {}
    return width > 0 && height > 0 ? { width, height } : undefined
  } catch {
    return undefined
  }
}
