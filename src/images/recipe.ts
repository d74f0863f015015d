import { hash } from 'node:crypto'

export const FORMATS = ['png', 'jpg', 'webp'] as const
/** The format of a picture, as its file name's ending says it. */
export type Format = (typeof FORMATS)[number]

export interface Size {
  readonly width: number
  readonly height: number
}

/** A creature: its shape and its colours. */
export interface Creature {
  /** 16 hexadecimal digits, from which the shape is drawn. */
  readonly emblem: string
  /** Index into the palettes, 0 to 15. */
  readonly palette: number
}

/**
 * What is wrong with a picture's link: there is no picture behind it, or no more; it comes late, cut short, as something
 * that is no picture, or as a web page.
 */
export const PICTURE_FAULTS = ['missing', 'expired', 'slow', 'cut', 'type', 'page'] as const
export type PictureFault = (typeof PICTURE_FAULTS)[number]

/** All of an image: everything that is needed to draw it stands in its name. */
export interface Recipe extends Size, Creature {
  /** At most 64 characters. */
  readonly model: string
  readonly format: Format
  /** The prompt as it is written below the picture: one line of at most 60 characters. */
  readonly label: string
  /** Reference pictures, at most 16: one of ours as its creature, a stranger's as 16 hexadecimal digits of its digest. */
  readonly references: readonly (Creature | string)[]
  /** From 1. */
  readonly index: number
  /** 1 to 15. */
  readonly count: number
  readonly fault?: PictureFault
}

export const MAX_MODEL = 64
export const MAX_LABEL = 60
export const MAX_REFERENCES = 16
export const MAX_COUNT = 15
export const MIN_SIDE = 64
export const MAX_SIDE = 6400
/** 4096 x 4096, in pixels. */
export const MAX_PIXELS = 16_777_216
export const PALETTES = 16

/** Of the form of a name, which begins with it. */
export const VERSION = '1'
const CHECK = 8

/** A Recipe's name, at most 1,500 characters, and the checksum of it that names its file: 30 hexadecimal digits. */
export interface Name {
  readonly name: string
  readonly fingerprint: string
}

/** The name of a Recipe: the version, the recipe in base64url, and a checksum of eight characters. */
export function encodeRecipe(recipe: Recipe): Name {
  const text = encode(recipe)
  const { check, fingerprint } = seal(text)
  return { name: text + check, fingerprint }
}

/** The Recipe of a name and the fingerprint that goes with it; undefined for every text that `toName` does not write. */
export function toRecipe(name: string): { readonly recipe: Recipe; readonly fingerprint: string } | undefined {
  if (name.length > 1500 || !/^1[\w-]+$/.test(name)) return undefined
  const text = name.slice(0, -CHECK)
  const { check, fingerprint } = seal(text)
  if (check !== name.slice(-CHECK)) return undefined
  const recipe = parse(Buffer.from(text.slice(VERSION.length), 'base64url').toString('utf8'))
  return recipe !== undefined && encode(recipe) === text ? { recipe, fingerprint } : undefined
}

function encode(recipe: Recipe): string {
  const { model, width, height, format, palette, emblem, label, references, index, count, fault } = recipe
  const marks = references.map((reference) =>
    typeof reference === 'string' ? reference : `${reference.palette.toString(16)}${reference.emblem}`,
  )
  return (
    VERSION +
    Buffer.from(
      JSON.stringify([
        model,
        width,
        height,
        format,
        palette,
        emblem,
        label,
        marks.join('.'),
        index,
        count,
        ...(fault === undefined ? [] : [fault]),
      ]),
    ).toString('base64url')
  )
}

function seal(text: string): { check: string; fingerprint: string } {
  const digits = hash('sha256', text, 'hex')
  return { fingerprint: digits.slice(0, 30), check: digits.slice(30, 30 + CHECK) }
}

function parse(json: string): Recipe | undefined {
  let fields: unknown
  try {
    fields = JSON.parse(json)
  } catch {
    return undefined
  }
  if (!Array.isArray(fields) || (fields.length !== 10 && fields.length !== 11)) return undefined
  const [model, width, height, format, palette, emblem, label, marks, index, count, wrong]: unknown[] = fields
  const fault = PICTURE_FAULTS.find((known) => known === wrong)
  if (fault !== wrong) return undefined
  if (
    !isText(model, MAX_MODEL) ||
    !isText(label, MAX_LABEL) ||
    !isFormat(format) ||
    !isEmblem(emblem) ||
    typeof marks !== 'string'
  )
    return undefined
  if (!isWithin(width, MIN_SIDE, MAX_SIDE) || !isWithin(height, MIN_SIDE, MAX_SIDE) || width * height > MAX_PIXELS)
    return undefined
  if (!isWithin(palette, 0, PALETTES - 1) || !isWithin(count, 1, MAX_COUNT) || !isWithin(index, 1, count))
    return undefined
  const references = marks === '' ? [] : marks.split('.').map(toReference)
  if (references.length > MAX_REFERENCES || !references.every((reference) => reference !== undefined)) return undefined
  return {
    model,
    width,
    height,
    format,
    palette,
    emblem,
    label,
    references,
    index,
    count,
    ...(fault === undefined ? {} : { fault }),
  }
}

function toReference(mark: string): Creature | string | undefined {
  if (!/^[\da-f]{16,17}$/.test(mark)) return undefined
  return mark.length === 16 ? mark : { palette: Number.parseInt(mark.slice(0, 1), 16), emblem: mark.slice(1) }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && Array.from(value).length <= most && value.isWellFormed()
}

function isFormat(value: unknown): value is Format {
  return FORMATS.some((format) => format === value)
}

function isEmblem(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{16}$/.test(value)
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
