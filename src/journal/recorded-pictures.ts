import { decodePath, PICTURE_PATHS, toLinks } from '../images/links.ts'
import { type Format, type Recipe, decodeRecipe, NAME } from '../images/recipe.ts'
import { redactText } from './credentials.ts'

/** A picture of a response. */
export interface RecordedPicture {
  /**
   * The mock's path of the picture, such as `/cdn/…`, without host and without the path at which the mock is mounted.
   * It is also set for a picture that the response contains as bytes.
   */
  readonly path: string
  readonly width: number
  readonly height: number
  readonly format: Format
  /** The prompt below the picture: at most 160 characters. */
  readonly label: string
  /** Whether the response contains the bytes of the picture as a data URI. Otherwise it contains a link. */
  readonly inline: boolean
  /** The event of a stream with the picture, as an index into `response.events`; absent in other responses. */
  readonly event?: number
  /** Planned milliseconds from the request until this event is complete; absent without `event`. */
  readonly at?: number
}

/** A picture that was found in a response. */
interface Found {
  readonly recipe: Recipe
  readonly inline: boolean
  /** Index of its last character. */
  readonly at: number
}

/** Maximum number of pictures that are recorded of one response. */
export const MAX_PICTURES = 50

const LINK = new RegExp(`/(?:cdn|cdn/download|raw)/(${NAME})/([\\da-f]{30}\\.[a-z]{3,4})`, 'g')
const DATA_URI = 'data:image/'
const NOT_BASE64 = /[^\w+/=-]/g
// A prompt that is repeated has its links escaped or without a scheme, so that clients do not find them.
const URL_BEFORE = /https?:\/\/[^\s"'<>()[\]\\]*$/
const MAX_BASE = 500 // characters of a URL before the path of a picture

/** Where pictures are searched, and what they are recorded with. */
interface Searched {
  /** The names of the pictures in the data URIs of the response. */
  readonly drawn: readonly string[]
  /** Prefix of the paths. */
  readonly prefix: string
  /** The event that contains an index of the text. */
  readonly eventOf: (index: number) => Pick<RecordedPicture, 'event' | 'at'>
  /** Maximum length of all paths together. */
  readonly room: number
}

/**
 * The pictures of the mock in the text of a response, in the order in which they first appear, each once: links, and
 * data URIs that are complete.
 */
export function picturesIn(text: string, { drawn, prefix, eventOf, room }: Searched): RecordedPicture[] {
  const pictures = new Map<string, RecordedPicture>()
  let left = room
  for (const { recipe, inline, at } of [...linkedIn(text), ...inlineIn(text, drawn)].toSorted((a, b) => a.at - b.at)) {
    const path = prefix + toLinks('', recipe).picture
    const key = `${inline} ${path}`
    if (pictures.has(key) || redactText(path) !== path) continue
    left -= path.length
    if (left < 0 || pictures.size === MAX_PICTURES) break
    const { width, height, format, label } = recipe
    pictures.set(key, { path, width, height, format, label, inline, ...eventOf(at) })
  }
  return [...pictures.values()]
}

function* linkedIn(text: string): Generator<Found> {
  if (!text.includes(PICTURE_PATHS.picture) && !text.includes(PICTURE_PATHS.raw)) return
  for (const { 0: path, 1: name = '', 2: file = '', index } of text.matchAll(LINK)) {
    if (!URL_BEFORE.test(text.slice(Math.max(0, index - MAX_BASE), index))) continue
    const recipe = decodePath(name, file)
    if (recipe !== undefined) yield { recipe, inline: false, at: index + path.length - 1 }
  }
}

function* inlineIn(text: string, drawn: readonly string[]): Generator<Found> {
  let at = 0
  for (const name of drawn) {
    const head = text.indexOf(DATA_URI, at)
    if (head < 0) return
    NOT_BASE64.lastIndex = text.indexOf(',', head) + 1
    const end = NOT_BASE64.exec(text)?.index
    if (end === undefined) return // cut
    const recipe = decodeRecipe(name)?.recipe
    if (recipe !== undefined) yield { recipe, inline: true, at: end - 1 }
    at = end
  }
}
