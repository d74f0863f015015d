import { hash } from 'node:crypto'

export const FORMATS = ['png', 'jpg', 'webp'] as const
/** The format of a picture, which is its file extension. */
export type Format = (typeof FORMATS)[number]

/** The media type of each format. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' }

/** A size in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** The creature that a picture shows: its shape and colours. */
export interface Creature {
  /** 16 hexadecimal digits that define the shape. */
  readonly emblem: string
  /** Index into the palettes, 0 to 15. */
  readonly palette: number
}

/**
 * The defects of a picture: its link is unknown or expired, it arrives late or incomplete, it has another media type,
 * or the link returns a web page.
 */
export const PICTURE_FAULTS = ['missing', 'expired', 'slow', 'cut', 'type', 'page'] as const
export type PictureFault = (typeof PICTURE_FAULTS)[number]

/** Everything that is needed to draw a picture. The picture's URL contains it. */
export interface Recipe extends Size, Creature {
  /** At most 64 characters. */
  readonly model: string
  readonly format: Format
  /** The prompt below the picture, without line breaks: at most 160 characters. */
  readonly label: string
  /** At most 16 reference pictures: a creature for a picture of the mock, 16 digits of a digest for others. */
  readonly references: readonly (Creature | string)[]
  /** From 1. */
  readonly index: number
  /** 1 to 15. */
  readonly count: number
  readonly fault?: PictureFault
}

export const MAX_MODEL = 64
export const MAX_LABEL = 160
/** A label that was cut has at least as many characters. */
const MIN_CUT = 130
export const MAX_REFERENCES = 16
export const MAX_COUNT = 15
export const MIN_SIDE = 64
export const MAX_SIDE = 6400
/** 4096 x 4096, in pixels. */
export const MAX_PIXELS = 16_777_216
export const PALETTES = 16
/** 2048 x 2048, in pixels. */
const LARGE = 4_194_304

/** Whether a picture is drawn with less memory and time, and not beside another one that is large. */
export function isLarge({ width, height }: Size): boolean {
  return width * height > LARGE
}

/** Version of the format of names. Names start with it. */
export const VERSION = '1'
const CHECK = 8
const MAX_NAME = 2300
/** The form of names, as the source of a RegExp. */
export const NAME = String.raw`${VERSION}[\w-]{1,${MAX_NAME - 1}}`

/** A Recipe's name (at most 2,300 characters) and the fingerprint for its file name (30 hexadecimal digits). */
export interface RecipeName {
  readonly name: string
  readonly fingerprint: string
}

/** The name of a Recipe: the version, the recipe in base64url, and a checksum of eight characters. */
export function encodeRecipe(recipe: Recipe): RecipeName {
  const text = toText(recipe)
  const { check, fingerprint } = checksumOf(text)
  return { name: text + check, fingerprint }
}

/** The Recipe of a name, and its fingerprint. Undefined for texts that `encodeRecipe` does not return. */
export function decodeRecipe(name: string): { readonly recipe: Recipe; readonly fingerprint: string } | undefined {
  if (name.length > MAX_NAME) return undefined
  const text = name.slice(0, -CHECK)
  const { check, fingerprint } = checksumOf(text)
  if (check !== name.slice(-CHECK)) return undefined
  const recipe = parse(Buffer.from(text.slice(VERSION.length), 'base64url').toString())
  return recipe !== undefined && toText(recipe) === text ? { recipe, fingerprint } : undefined // each recipe has exactly one name
}

function toText(recipe: Recipe): string {
  const { model, width, height, format, palette, emblem, label, references, index, count, fault } = recipe
  const marks = references.map(toMark).join('.')
  const fields = [model, width, height, format, palette, emblem, label, marks, index, count]
  if (fault !== undefined) fields.push(fault)
  return VERSION + Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/** The ID of a reference picture: 17 hexadecimal digits of a creature, or 16 of the digest of another picture. */
export function toMark(reference: Creature | string): string {
  return typeof reference === 'string' ? reference : reference.palette.toString(16) + reference.emblem
}

function checksumOf(text: string): { readonly check: string; readonly fingerprint: string } {
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
  if (!Array.isArray(fields)) return undefined
  const [model, width, height, extension, palette, emblem, label, marks, index, count, defect]: unknown[] = fields
  const format = FORMATS.find((known) => known === extension)
  const fault = PICTURE_FAULTS.find((known) => known === defect)
  if (
    format === undefined ||
    fault !== defect ||
    !isText(model, MAX_MODEL) ||
    !isText(label, MAX_LABEL) ||
    typeof emblem !== 'string' ||
    !/^[\da-f]{16}$/.test(emblem) ||
    typeof marks !== 'string' ||
    !isWithin(width, MIN_SIDE, MAX_SIDE) ||
    !isWithin(height, MIN_SIDE, MAX_SIDE) ||
    width * height > MAX_PIXELS ||
    !isWithin(palette, 0, PALETTES - 1) ||
    !isWithin(count, 1, MAX_COUNT) ||
    !isWithin(index, 1, count)
  )
    return undefined
  const references = marks === '' ? [] : marks.split('.').map(toReference)
  if (references.length > MAX_REFERENCES || !references.every((reference) => reference !== undefined)) return undefined
  const recipe = { model, width, height, format, palette, emblem, label, references, index, count }
  return fault === undefined ? recipe : { ...recipe, fault }
}

function toReference(mark: string): Creature | string | undefined {
  if (!/^[\da-f]{16,17}$/.test(mark)) return undefined
  return mark.length === 16 ? mark : { palette: Number.parseInt(mark.slice(0, 1), 16), emblem: mark.slice(1) }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.isWellFormed() && firstOf(value, most) === value
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

/** The first `count` code points of a text. */
export function firstOf(text: string, count: number): string {
  return text.length <= count ? text : Array.from(text).slice(0, count).join('')
}

// Printable ASCII with single spaces needs no normalization.
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/
const BREAKS = /[\p{Cc}\s]+/gu
const LAST_WORD = new RegExp(`(?<=^.{${MIN_CUT},}) [^ ]*$`, 'u')
const LETTER = /^[\p{L}\p{N}]$/u

/**
 * The prompt below a picture, without line breaks: at most 160 characters. A longer prompt ends with …, after a whole
 * word if at least 130 characters remain.
 */
export function labelOf(prompt: string): string {
  if (prompt.length <= MAX_LABEL && PLAIN.test(prompt)) return prompt
  const line = prompt.slice(0, 1000).toWellFormed().replaceAll(BREAKS, ' ').trim()
  const label = firstOf(line, MAX_LABEL)
  if (label === line && prompt.length <= 1000) return label
  const cut = firstOf(line, MAX_LABEL - 1)
  const next = line.charAt(cut.length)
  const isInWord = LETTER.test(next) && next < '\u2e80' // scripts from here on have no spaces
  return `${isInWord ? cut.replace(LAST_WORD, '') : cut.trimEnd()}…`
}

/** Whether a label is only the beginning of a prompt. */
export function isCut(label: string): boolean {
  return label.endsWith('…') && firstOf(label, MIN_CUT) !== label
}
