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
  if (sources.length < 2) return { prompt, text: texts.join('\n'), sources }
  // Equal URLs: the first one sets the position, the last one the parameter of an error.
  const unique = new Map(sources.map((source) => [shortOf(source.url), source]))
  return { prompt, text: texts.join('\n'), sources: [...unique.values()] }
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

/** A picture in Markdown. No part matches the start of the next picture, so a search takes linear time. */
const PICTURE = /!\[[^[\]]*\]\(\s*(https?:\/\/[^\s()]+|data:image\/[^\s()]+)\s*\)/g
const MAX_PICTURES = 100 // pictures that are removed from one message, at most

function splitPictures(written: string): { text: string; urls: string[] } {
  const urls: string[] = []
  const text = written.replaceAll(PICTURE, (picture: string, url: string) => {
    if (urls.length === MAX_PICTURES) return picture
    urls.push(url)
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
    const reference = isData ? await pictureIn(url) : pictureBehind(url)
    if (reference === undefined) {
      const reason = isData
        ? 'the data URI is not a readable PNG, JPEG, WebP or GIF in base64.'
        : 'expected an http(s) URL or a data URI with base64.'
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

const pictureIn = memoizeLongText(async (url): Promise<Reference | undefined> => {
  const bytes = bytesIn(url)
  if (bytes === undefined) return undefined
  const { readRecipe } = await import('../images/render/metadata.ts') // loads zlib, which most requests do not need
  const recipe = readRecipe(bytes)
  if (recipe !== undefined) return ofOurs(recipe)
  const size = await measure(bytes)
  return size === undefined ? undefined : { mark: digestIn(url)?.digest ?? '', size }
})

/** Length and digest of the picture in a data URI (16 hexadecimal digits of SHA-256); undefined without base64. */
export const digestIn = memoizeLongText((url): { readonly digest: string; readonly length: number } | undefined => {
  const bytes = bytesIn(url)
  return bytes === undefined ? undefined : { digest: hash('sha256', bytes, 'hex').slice(0, 16), length: bytes.length }
})

function bytesIn(url: string): Buffer | undefined {
  const comma = url.indexOf(',')
  return /^data:image\/[\w.+-]+;base64$/i.test(url.slice(0, Math.max(0, comma)))
    ? decode(url.slice(comma + 1))
    : undefined
}

// Buffer.from skips characters that are not base64. Then the length differs.
function decode(base64: string): Buffer | undefined {
  const length = base64.length - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length > 0 && bytes.length === Math.floor((length * 3) / 4) && length % 4 !== 1 ? bytes : undefined
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
