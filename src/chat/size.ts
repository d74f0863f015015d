import { type Size, MAX_COUNT, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../images/recipe.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import type { Profile } from './profile.ts'

/** The meaning of one text or field: exactly one of these keys. */
interface SizeHint {
  readonly size?: Size
  /** Width divided by height. */
  readonly ratio?: number
  /** Side of a square with the requested resolution, in pixels: 1024 for 1K. */
  readonly resolution?: number
  readonly isAdaptive?: true
}

/** The requested size and number of pictures. */
export interface SizeRequest {
  /** A size, a ratio or `adaptive`; empty if nothing is requested. */
  readonly shape: SizeHint
  readonly resolution: number | undefined
  readonly count: number
  /** A note for each field with an invalid value. */
  readonly notes: readonly string[]
}

const RATIOS = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16', '5:4', '4:5', '21:9', '9:21']
const NAMED_RATIOS = [...RATIOS, '2:1', '1:2'].map((name) => {
  const [width = 1, height = 1] = name.split(':').map(Number)
  return { name, value: width / height }
})
const DEFAULT_SIZE: Size = { width: 1024, height: 1024 }
const END_LENGTH = 10_000

/**
 * Reads the size and number of pictures from the prompt and the fields, in the forms that the gateway accepts. The
 * first size or ratio counts, and the first resolution. For a long prompt, only its first and last 10,000 characters
 * are read.
 */
export function readSizeRequest(prompt: string, body: JsonObject): SizeRequest {
  const text = prompt.length > 2 * END_LENGTH ? `${prompt.slice(0, END_LENGTH)} ${prompt.slice(-END_LENGTH)}` : prompt
  const hasDigit = /\d/.test(text) // all forms contain one
  const block = (hasDigit ? fencedJson(text) : undefined) ?? {}
  const fields = fieldsOf(body)
  const values = hasDigit
    ? [block['ratio'], block['aspect_ratio'], block['size']].concat(
        LABELLED.map((label) => label.exec(text)?.[1]),
        fields,
        bareIn(text),
      )
    : fields
  let shape: SizeHint | undefined
  let resolution: number | undefined
  for (const value of values) {
    const hint = toHint(value)
    if (hint?.resolution === undefined) shape ??= hint
    else resolution ??= hint.resolution
  }
  const sequential = fieldOf(body['sequential_image_generation_options'], 'max_images')
  const counts = [block['n'], body['n'], body['max_images'], sequential, countIn(text)]
  const notes = []
  for (const field of ['size', 'aspect_ratio', 'resolution']) {
    const value = body[field]
    if (typeof value === 'string' && value !== '' && value !== 'auto' && toHint(value) === undefined)
      notes.push(`${field}=${JSON.stringify(value.slice(0, 40))} is not valid: ignored`)
  }
  return { shape: shape ?? {}, resolution, count: counts.find(isCount) ?? 1, notes }
}

function fieldsOf({ aspect_ratio, size, resolution, image_config, extra_body }: JsonObject): (JsonValue | undefined)[] {
  const values = [aspect_ratio, size, resolution]
  for (const config of [image_config, fieldOf(fieldOf(extra_body, 'google'), 'image_config')])
    if (isObject(config)) values.push(config['aspect_ratio'], config['image_size'])
  return values
}

function fieldOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isObject(value) ? value[key] : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

const NUMERALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Array.from('一二三四五六七八九十', (word, i) => [word, i + 1])),
  ...Object.fromEntries('two three four five six seven eight nine ten'.split(' ').map((word, i) => [word, i + 2])),
  两: 2,
}
const COUNT =
  /(?<![\d.])(\d{1,3}|[一二两三四五六七八九十]|\b(?:two|three|four|five|six|seven|eight|nine|ten))\s*(?:张|幅|images\b|pictures\b)/i

function countIn(text: string): number | undefined {
  const word = COUNT.exec(text)?.[1]?.toLowerCase()
  return word === undefined ? undefined : (NUMERALS[word] ?? Number(word))
}

/** The JSON object in the first code block of a text, which clients and the gateway use for requests. */
export function fencedJson(text: string): JsonObject | undefined {
  const open = /```(?:json)?\s*\{/.exec(text)
  const end = open === null ? -1 : text.indexOf('```', open.index + open[0].length)
  if (open === null || end < 0) return undefined
  try {
    const value: JsonValue = JSON.parse(text.slice(open.index + open[0].length - 1, end))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const SHAPE = String.raw`(\d{1,5}\s*[:：xX*×]\s*\d{1,5}|[124][kK])`
const LABELLED = [
  /[【[]\s*(\d{1,2}\s*[:：]\s*\d{1,2})\s*[】\]]/,
  new RegExp(String.raw`(?:比例|尺寸)\s*(?:[:：是为]\s*)?${SHAPE}`),
  new RegExp(String.raw`--(?:ar|ratio|aspect_ratio|size)[\s=]+${SHAPE}`),
  /--resolution[\s=]+([124]k)/i,
  /\[resolution:\s*([124]k)\]/i,
]

// Numbers without a label count only if they cannot mean something else.
function bareIn(text: string): string[] {
  const sizes = text.match(/(?<![\d:])\d{2,5}\s?[xX*×]\s?\d{2,5}(?![\d:])/g) ?? []
  const ratios = text.match(/(?<![\d:.])\d{1,2}:\d{1,2}(?![\d:])/g) ?? []
  return [
    ...sizes.filter((size) => size.split(/[xX*×]/).every((side) => Number(side) >= MIN_SIDE)),
    ...ratios.filter((ratio) => RATIOS.includes(ratio)),
  ]
}

function toHint(value: JsonValue | undefined): SizeHint | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined
  const [, width, sign, height] = /^\s*(\d{1,5})\s*([:：xX*×])\s*(\d{1,5})\s*$/.exec(value) ?? []
  const size = { width: Number(width), height: Number(height) }
  if (size.width > 0 && size.height > 0) return sign === ':' || sign === '：' ? { ratio: ratioOf(size) } : { size }
  const resolution = /^\s*([124])k\s*$/i.exec(value)?.[1]
  if (resolution !== undefined) return { resolution: Number(resolution) * 1024 }
  return value.trim() === 'adaptive' ? { isAdaptive: true } : undefined
}

// Models round: 16:9 is 1344x768 for one and 1792x1024 for another. A ratio matches within 3 percent.
const TOLERANCE = 0.03

/**
 * Chooses the size of the model that is nearest to the request, by ratio, then by area. `reference` is the size of the
 * reference picture. The notes describe the differences from the request.
 */
export function chooseSize(
  { shape, resolution, count: wanted, notes: invalid }: SizeRequest,
  { sizes, follows, referenceSizes }: Pick<Profile, 'sizes' | 'follows' | 'referenceSizes'>,
  reference: Size | undefined,
): Pick<SizeRequest, 'count' | 'notes'> & { readonly size: Size } {
  const count = Math.min(wanted, MAX_COUNT)
  const notes = [...invalid]
  if (wanted > MAX_COUNT) notes.push(`n=${wanted} is above the maximum: used ${count}`)
  const { size: asked, ratio: askedRatio } = shape
  const isOpen = asked === undefined && askedRatio === undefined && resolution === undefined
  const isFollowed = shape.isAdaptive === true || (follows === 'size' && isOpen)
  if (isFollowed && reference !== undefined && isPaintable(reference)) return { size: reference, count, notes }
  if (referenceSizes !== undefined && reference !== undefined && isOpen) {
    const differenceOf = (one: Size): number => Math.abs(ratioOf(one) - ratioOf(reference))
    return { size: nearest(referenceSizes, differenceOf) ?? DEFAULT_SIZE, count, notes }
  }

  const standard = sizes[0] ?? DEFAULT_SIZE
  const model = follows !== undefined && reference !== undefined ? reference : standard
  const ratio = asked === undefined ? (askedRatio ?? ratioOf(model)) : ratioOf(asked)
  const area = asked === undefined && resolution !== undefined ? resolution ** 2 : areaOf(asked ?? standard)
  const distanceOf = (one: Size): number =>
    Math.round(Math.abs(Math.log(ratioOf(one) / ratio)) * 50) * 1000 + Math.abs(Math.log(areaOf(one) / area))
  const size = nearest(sizes, distanceOf) ?? DEFAULT_SIZE
  const isMet =
    asked === undefined
      ? Math.abs(ratioOf(size) / ratio - 1) <= TOLERANCE && isOfResolution(size, resolution)
      : size.width === asked.width && size.height === asked.height
  if (!isMet && !isOpen) {
    const words = asked === undefined ? [] : [sizeName(asked)]
    if (askedRatio !== undefined) words.push(`ratio ${ratioName(askedRatio)}`)
    if (asked === undefined && resolution !== undefined) words.push(`${resolution / 1024}K`)
    notes.push(`${words.join(' in ')} is not supported by this model: used ${sizeName(size)}`)
  }
  return { size, count, notes }
}

// For equal distances, the first one.
function nearest<T>(all: readonly T[], distanceOf: (one: T) => number): T | undefined {
  let best: T | undefined
  let least = Infinity
  for (const one of all) {
    const distance = distanceOf(one)
    if (distance < least) [best, least] = [one, distance]
  }
  return best
}

// The longer side counts: 2K is 2048x2048, and also 2048x864.
function isOfResolution({ width, height }: Size, resolution: number | undefined): boolean {
  const side = Math.max(width, height)
  return resolution === undefined || (side >= resolution * 0.75 && side <= resolution * 1.9)
}

function isPaintable({ width, height }: Size): boolean {
  return Math.min(width, height) >= MIN_SIDE && Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS
}

function ratioOf({ width, height }: Size): number {
  return width / height
}

function areaOf({ width, height }: Size): number {
  return width * height
}

/** Parses a size such as `1024x1536`. Undefined for other texts, and for sizes that cannot be drawn. */
export function parseSize(text: string): Size | undefined {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? []
  const size = { width: Number(width), height: Number(height) }
  return isPaintable(size) ? size : undefined
}

/** A size in the form of the gateway: `1024x1536`. */
export function sizeName({ width, height }: Size): string {
  return `${width}x${height}`
}

/** The name of the nearest known ratio, such as `2:3`. `ratio` is width divided by height. */
export function ratioName(ratio: number): string {
  return nearest(NAMED_RATIOS, ({ value }) => Math.abs(Math.log(value / ratio)))?.name ?? '1:1'
}
