import { hash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { readUrl } from '../images/links.ts'
import type { Creature, Recipe, Size } from '../images/recipe.ts'
import { MAX_REFERENCES } from '../images/recipe.ts'
import { memoizeLongText } from '../util/memoize.ts'
import { ApiError } from '../errors/api-error.ts'
import { shortOf } from './digest.ts'

/** A picture that a request gives: what stands for it in the answer's picture, and its size where that is known. */
export interface Reference {
  readonly mark: Creature | string
  readonly size: Size | undefined
}

/** Something in a request that names a picture, and where it stands. */
interface Source {
  readonly url: string
  readonly param: string
}

/** The text of the request: the prompt is the last user turn's. */
export interface Conversation {
  readonly prompt: string
  /** All text of all turns, pictures left out. */
  readonly text: string
  /** The pictures that are named, each once, the oldest first. */
  readonly sources: readonly Source[]
}

// No part of it can run over the beginning of the next picture, so that a search takes no longer than the text.
const PICTURE = /!\[[^[\]]*\]\(\s*(https?:\/\/[^\s()]+|data:image\/[^\s()]+)\s*\)/g

/** Reads the turns of a request: what they say, and the pictures that they name. */
export function readConversation(messages: JsonValue | undefined): Conversation {
  let prompt = ''
  const texts: string[] = []
  const sources: Source[] = []
  if (Array.isArray(messages)) {
    messages.filter(isObject).forEach((message, i) => {
      const turn = readTurn(message, `messages[${i}].content`)
      texts.push(turn.text)
      sources.push(...turn.sources)
      if (message['role'] === 'user' || (prompt === '' && i === messages.length - 1)) prompt = turn.text
    })
  }
  return {
    prompt,
    text: texts.join('\n'),
    sources: [...new Map(sources.map((source) => [shortOf(source.url), source])).values()],
  }
}

function readTurn({ role, content }: JsonObject, param: string): { text: string; sources: Source[] } {
  const parts = typeof content === 'string' ? [content] : Array.isArray(content) ? content : []
  const written = parts
    .map((part: JsonValue) =>
      typeof part === 'string' ? part : isObject(part) && typeof part['text'] === 'string' ? part['text'] : '',
    )
    .filter((text) => text !== '')
    .join('\n')
  const given = parts.flatMap((part: JsonValue, i): Source[] => {
    const link = isObject(part) ? (part['image_url'] ?? part['file_url']) : undefined
    const url = isObject(link) ? link['url'] : link
    return typeof url === 'string' ? [{ url, param: `${param}[${i}]` }] : []
  })
  if (role === 'assistant') {
    const { text, urls } = splitPictures(written)
    return { text, sources: [...given, ...urls.map((url): Source => ({ url, param }))] }
  }
  const { text, urls } = splitLeadingUrls(written)
  return { text, sources: [...given, ...urls.map((url): Source => ({ url, param }))] }
}

// Pictures of the text, up to the first hundred; more of them are text.
function splitPictures(text: string): { text: string; urls: string[] } {
  const urls: string[] = []
  const rest: string[] = []
  let end = 0
  for (const match of text.matchAll(PICTURE)) {
    if (urls.length === 100) break
    urls.push(match[1] ?? '')
    rest.push(text.slice(end, match.index))
    end = match.index + match[0].length
  }
  return { text: [...rest, text.slice(end)].join(''), urls }
}

/** A prompt without the URLs at its head, and those: clients put references first, separated by spaces [S]. */
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

/** The references that a conversation's sources name, the newest 16; one of them that is no picture is an ApiError. Nothing is fetched. */
export async function toReferences(sources: readonly Source[]): Promise<Reference[]> {
  const references: Reference[] = []
  for (const { url, param } of sources.slice(-MAX_REFERENCES)) {
    references.push(/^data:/i.test(url) ? await readDataUri(url, param) : toRemote(url, param))
  }
  return references
}

function toRemote(url: string, param: string): Reference {
  if (!/^https?:\/\/./i.test(url))
    throw new ApiError('invalid_image', {
      param,
      reason: `Invalid image in '${param}': expected an http(s) URL or a data URI with base64.`,
    })
  const recipe = readUrl(url)
  return recipe === undefined ? { mark: hash('sha256', url, 'hex').slice(0, 16), size: undefined } : ofOurs(recipe)
}

function ofOurs({ emblem, palette, width, height }: Recipe): Reference {
  return { mark: { emblem, palette }, size: { width, height } }
}

async function readDataUri(url: string, param: string): Promise<Reference> {
  const reference = await pictureIn(url)
  if (reference !== undefined) return reference
  throw new ApiError('invalid_image', {
    param,
    reason: `Invalid image in '${param}': the data URI holds no readable PNG, JPEG, WebP or GIF in base64.`,
  })
}

const pictureIn = memoizeLongText(async (url): Promise<Reference | undefined> => {
  const bytes = bytesIn(url)
  if (bytes === undefined) return undefined
  const { readRecipe } = await import('../images/render/metadata.ts') // it needs zlib, which no other request does
  const recipe = readRecipe(bytes)
  if (recipe !== undefined) return ofOurs(recipe)
  const size = await measure(bytes)
  return size === undefined ? undefined : { mark: digestIn(url)?.digest ?? '', size }
})

/** The bytes of a picture in a data URI: how many, and 16 hexadecimal digits of their SHA-256; undefined where it holds no base64. */
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

// Buffer.from passes over characters that are not base64; the length tells.
function decode(base64: string): Buffer | undefined {
  const length = base64.length - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0)
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length > 0 && bytes.length === Math.floor((length * 3) / 4) && length % 4 !== 1 ? bytes : undefined
}

// A JPEG's size may stand behind a camera's preview; a search through megabytes would hold up everybody else.
const HEADER = 262_144

// A client's picture is never decoded: its size stands in its header.
async function measure(bytes: Buffer): Promise<Size | undefined> {
  const [{ PNG }, { JPG }, { WEBP }, { GIF }] = await Promise.all([
    import('image-size/types/png'),
    import('image-size/types/jpg'),
    import('image-size/types/webp'),
    import('image-size/types/gif'),
  ])
  const header = bytes.subarray(0, HEADER)
  try {
    const { width = 0, height = 0 } =
      [PNG, JPG, WEBP, GIF].find((format) => format.validate(header))?.calculate(header) ?? {}
    return width > 0 && height > 0 ? { width, height } : undefined
  } catch {
    return undefined
  }
}
