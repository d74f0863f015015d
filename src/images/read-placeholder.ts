import { types } from 'node:util'
import { readUrl } from './links.ts'
import { readRecipe } from './render/metadata.ts'
import type { Creature, Format, PictureFault, Recipe } from './recipe.ts'
import { encodeRecipe, VERSION } from './recipe.ts'

/**
 * What a picture of the mock says of itself.
 * @example
 * const [fox, edited] = links.map((link) => readPlaceholder(link))
 * expect(edited?.references).toEqual([fox?.creature]) // the one was made from the other
 */
export interface Placeholder {
  /** Of the form of its name; pictures of the same release and name are the same, byte for byte. */
  readonly version: number
  /** At most 64 characters. */
  readonly model: string
  /** The prompt as it is written below the picture, without URLs at its head: one line of at most 60 characters, the last of which is … where it was cut. */
  readonly label: string
  /** `1024x1536` */
  readonly size: string
  readonly width: number
  readonly height: number
  readonly format: Format
  /** Which of `count` pictures of its answer it is, from 1. */
  readonly index: number
  readonly count: number
  /** Its checksum: 30 hexadecimal digits, which its file is called by. */
  readonly fingerprint: string
  /** What stands for this picture in `references` of those that were made from it: 17 hexadecimal digits. */
  readonly creature: string
  /** The reference pictures, the oldest first: one of the mock's own as its `creature`, a client's as the first 16 hexadecimal digits of the SHA-256 of its bytes, or of its URL. */
  readonly references: readonly string[]
  /** What a scenario has made wrong with it. */
  readonly fault?: PictureFault
}

/**
 * What a picture of the mock says of itself, by its URL, by its bytes, or by a data URI; undefined for every other picture.
 * Nothing is fetched and nothing is decoded.
 * @example
 * const placeholder = readPlaceholder(await (await mock.fetch(url)).arrayBuffer())
 * expect(placeholder).toMatchObject({ model: 'flux', label: 'a fox', size: '1024x1024' })
 */
export function readPlaceholder(picture: string | URL | ArrayBuffer | Uint8Array): Placeholder | undefined {
  const recipe = recipeOf(picture)
  return recipe === undefined ? undefined : toPlaceholder(recipe)
}

// Test runners have realms of their own, in which `instanceof` does not know the bytes of another.
function recipeOf(picture: unknown): Recipe | undefined {
  if (types.isUint8Array(picture)) return readRecipe(picture)
  if (types.isAnyArrayBuffer(picture)) return readRecipe(new Uint8Array(picture))
  const url = typeof picture === 'object' && picture !== null && 'href' in picture ? picture.href : picture
  if (typeof url !== 'string')
    throw new TypeError(
      `readPlaceholder: give a URL, a data URI, or bytes as an ArrayBuffer or a Uint8Array, and no ${typeof picture}; of a Response, await response.arrayBuffer()`,
    )
  const data = /^data:image\/[a-z]+;base64,/i.exec(url)
  return data === null ? readUrl(url) : readRecipe(Buffer.from(url.slice(data[0].length), 'base64'))
}

function toPlaceholder(recipe: Recipe): Placeholder {
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
    references: references.map((reference) => (typeof reference === 'string' ? reference : toMark(reference))),
    ...(fault === undefined ? {} : { fault }),
  }
}

function toMark({ palette, emblem }: Creature): string {
  return `${palette.toString(16)}${emblem}`
}
