import { types } from 'node:util'
import { decodeUrl } from './links.ts'
import { type Format, type PictureFault, type Recipe, encodeRecipe, toMark, VERSION } from './recipe.ts'
import { readRecipe } from './render/metadata.ts'

/**
 * The facts of a picture of the mock.
 * @example
 * const [fox, edited] = links.map((link) => readPlaceholder(link))
 * expect(edited?.references).toEqual([fox?.creature]) // `fox` was the reference picture of `edited`
 */
export interface Placeholder {
  /** Version of the format of its name. Within one release, the same name means the same bytes. */
  readonly version: number
  /** At most 64 characters. */
  readonly model: string
  /** The prompt below the picture, without URLs at its start: without line breaks: at most 160 characters, … if cut. */
  readonly label: string
  /** `1024x1536` */
  readonly size: string
  readonly width: number
  readonly height: number
  readonly format: Format
  /** Its number among the `count` pictures of its response, from 1. */
  readonly index: number
  readonly count: number
  /** Its file name without extension: a checksum of 30 hexadecimal digits. */
  readonly fingerprint: string
  /** Its ID in the `references` of other pictures: 17 hexadecimal digits. */
  readonly creature: string
  /**
   * The reference pictures, the oldest first: a picture of the mock as its `creature`, others as the first 16
   * hexadecimal digits of the SHA-256 of their bytes or URL.
   */
  readonly references: readonly string[]
  /** Its defect, set by a scenario. */
  readonly fault?: PictureFault
}

/**
 * Reads a picture of the mock from its URL, its bytes or a data URI. Returns undefined for other pictures. Fetches
 * nothing and decodes no pixels.
 * @example
 * const placeholder = readPlaceholder(await (await mock.fetch(url)).arrayBuffer())
 * expect(placeholder).toMatchObject({ model: 'flux', label: 'a fox', size: '1024x1024' })
 */
export function readPlaceholder(picture: string | URL | ArrayBuffer | Uint8Array): Placeholder | undefined {
  const recipe = recipeOf(picture)
  if (recipe === undefined) return undefined
  const { model, label, width, height, format, index, count, references, fault } = recipe
  return {
    version: Number(VERSION),
    model,
    label,
    size: `${width}x${height}`,
    width,
    height,
    format,
    index,
    count,
    fingerprint: encodeRecipe(recipe).fingerprint,
    creature: toMark(recipe),
    references: references.map(toMark),
    ...(fault === undefined ? {} : { fault }),
  }
}

// Test runners use several realms, and `instanceof` fails for bytes of another realm.
function recipeOf(picture: unknown): Recipe | undefined {
  if (types.isUint8Array(picture)) return readRecipe(picture)
  if (types.isAnyArrayBuffer(picture)) return readRecipe(new Uint8Array(picture))
  const url = typeof picture === 'object' && picture !== null && 'href' in picture ? picture.href : picture
  if (typeof url !== 'string')
    throw new TypeError(
      `readPlaceholder: got ${picture === null ? 'null' : typeof picture}. Use a URL, a data URI, an ArrayBuffer or a Uint8Array; for a Response, use await response.arrayBuffer().`,
    )
  const data = /^data:image\/[a-z]+;base64,/i.exec(url)
  return data === null ? decodeUrl(url) : readRecipe(Buffer.from(url.slice(data[0].length), 'base64'))
}
