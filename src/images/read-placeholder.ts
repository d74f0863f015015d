import { types } from 'node:util'
import { decodeUrl } from './links.ts'
import { type Format, type PictureFault, type Recipe, encodeRecipe, toMark, VERSION } from './recipe.ts'
import { readRecipe } from './render/metadata.ts'

/**
 * What a picture of the mock shows and how it was requested.
 * @example
 * const [fox, edited] = links.map((link) => readPlaceholder(link))
 * expect(edited?.references).toEqual([fox?.creature]) // the one was made from the other
 */
export interface Placeholder {
  /** Version of the format of its name. Within one release, pictures with the same name are the same, byte for byte. */
  readonly version: number
  /** At most 64 characters. */
  readonly model: string
  /** The prompt as it is written below the picture, without leading URLs: one line of at most 60 characters, which ends in … where it was cut. */
  readonly label: string
  /** `1024x1536` */
  readonly size: string
  readonly width: number
  readonly height: number
  readonly format: Format
  /** Its number among the `count` pictures of its answer, from 1. */
  readonly index: number
  readonly count: number
  /** Its checksum: 30 hexadecimal digits, which are its file name. */
  readonly fingerprint: string
  /** What represents this picture in `references` of pictures that were made from it: 17 hexadecimal digits. */
  readonly creature: string
  /** The reference pictures, the oldest first: one of the mock's own as its `creature`, any other as the first 16 hexadecimal digits of the SHA-256 of its bytes or its URL. */
  readonly references: readonly string[]
  /** The defect that a scenario gave it. */
  readonly fault?: PictureFault
}

/**
 * Reads a picture of the mock from its URL, its bytes or a data URI; returns undefined for any other picture.
 * Nothing is fetched, and no pixels are decoded.
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

// Test runners use several realms; `instanceof` does not recognise bytes of another realm.
function recipeOf(picture: unknown): Recipe | undefined {
  if (types.isUint8Array(picture)) return readRecipe(picture)
  if (types.isAnyArrayBuffer(picture)) return readRecipe(new Uint8Array(picture))
  const url = typeof picture === 'object' && picture !== null && 'href' in picture ? picture.href : picture
  if (typeof url !== 'string')
    throw new TypeError(
      `readPlaceholder: give a URL, a data URI, or bytes as an ArrayBuffer or a Uint8Array, and no ${typeof picture}; of a Response, await response.arrayBuffer()`,
    )
  const data = /^data:image\/[a-z]+;base64,/i.exec(url)
  return data === null ? decodeUrl(url) : readRecipe(Buffer.from(url.slice(data[0].length), 'base64'))
}
