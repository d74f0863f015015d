import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Size } from '../images/recipe.ts'
import { MAX_COUNT, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../images/recipe.ts'

/** What a request says of the size and number of its pictures. */
export interface Asked {
  readonly size?: Size
  /** Width divided by height. */
  readonly ratio?: number
  /** Side of a square of the asked resolution, in pixels: 1024 for 1K. */
  readonly resolution?: number
  /** The size of the reference picture. */
  readonly adaptive?: boolean
  /** Fields that ask for something that no gateway understands. */
  readonly strange?: readonly string[]
  readonly count?: number
}

const RATIOS = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16', '5:4', '4:5', '21:9', '9:21']
const SQUARE = { name: '1:1', value: 1 }
const NAMED = [...RATIOS, '2:1', '1:2'].map((name) => {
  const [width = 1, height = 1] = name.split(':').map(Number)
  return { name, value: width / height }
})
const WORDS = 10_000

/**
 * What the prompt and the fields ask for, by the gateway's grammar: for size and ratio the first hit wins, a resolution
 * combines with a ratio. Of a long prompt the first and the last 10,000 characters are read.
 */
export function askedOf(prompt: string, body: JsonObject): Asked {
  const text = prompt.length > 2 * WORDS ? `${prompt.slice(0, WORDS)} ${prompt.slice(-WORDS)}` : prompt
  const hasNumber = /\d/.test(text) // every word of the grammar has one
  const block = hasNumber ? (blockOf(text) ?? {}) : {}
  const fields = fieldsOf(body)
  const hits = hasNumber
    ? [
        ...[block['ratio'], block['aspect_ratio'], block['size']].map(toAsked),
        ...inWords(text),
        ...fields,
        ...bare(text),
      ]
    : fields
  const shape =
    hits.find(({ size, ratio, adaptive }) => size !== undefined || ratio !== undefined || adaptive === true) ?? {}
  const resolution = hits.find((hit) => hit.resolution !== undefined)?.resolution
  const count = [
    block['n'],
    body['n'],
    body['max_images'],
    fieldOf(body['sequential_image_generation_options'], 'max_images'),
    countIn(text),
  ].find(isCount)
  return {
    ...shape,
    strange: strangeIn(body),
    ...(resolution === undefined ? {} : { resolution }),
    ...(count === undefined ? {} : { count }),
  }
}

function fieldsOf(body: JsonObject): Asked[] {
  const { aspect_ratio, size, resolution, image_config, extra_body } = body
  const configs = [image_config, fieldOf(fieldOf(extra_body, 'google'), 'image_config')]
  const values = [
    aspect_ratio,
    size,
    resolution,
    ...configs.flatMap((config) => (isObject(config) ? [config['aspect_ratio'], config['image_size']] : [])),
  ]
  return values.filter((value) => value !== undefined).map(toAsked)
}

const COUNTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Array.from('一二三四五六七八九十', (word, i) => [word, i + 1])),
  两: 2,
  ...Object.fromEntries(
    ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((word, i) => [word, i + 2]),
  ),
}

function countIn(text: string): number {
  const [, word = ''] =
    /(?<![\d.])(\d{1,3}|[一二两三四五六七八九十]|\b(?:two|three|four|five|six|seven|eight|nine|ten))\s*(?:张|幅|images\b|pictures\b)/i.exec(
      text,
    ) ?? []
  return COUNTS[word.toLowerCase()] ?? Number(word === '' ? Number.NaN : word)
}

function strangeIn(body: JsonObject): string[] {
  return ['size', 'aspect_ratio', 'resolution'].flatMap((field) => {
    const value = body[field]
    return isStrange(value) ? [`${field}=${JSON.stringify(value.slice(0, 40))} is not understood`] : []
  })
}

/** The JSON object in a fenced block, as clients and the gateway itself write a request into text. */
export function blockOf(text: string): JsonObject | undefined {
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

function isStrange(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value !== 'auto' && Object.keys(toAsked(value)).length === 0
}

function fieldOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isObject(value) ? value[key] : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

const SHAPE = String.raw`(\d{1,5}\s*[:：xX*×]\s*\d{1,5}|[124][kK])`
const WRITTEN = [
  /[【[]\s*(\d{1,2}\s*[:：]\s*\d{1,2})\s*[】\]]/,
  new RegExp(String.raw`(?:比例|尺寸)\s*(?:[:：是为]\s*)?${SHAPE}`),
  new RegExp(String.raw`--(?:ar|ratio|aspect_ratio|size)[\s=]+${SHAPE}`),
  /--resolution[\s=]+([124]k)/i,
  /\[resolution:\s*([124]k)\]/i,
]

function inWords(text: string): Asked[] {
  return WRITTEN.map((pattern) => toAsked(pattern.exec(text)?.[1]))
}

// Numbers that stand free in the text ask for something only where nothing else can be meant.
function bare(text: string): Asked[] {
  const sizes = [...text.matchAll(/(?<![\d:])(\d{2,5})\s?[xX*×]\s?(\d{2,5})(?![\d:])/g)].map(([found]) =>
    toAsked(found),
  )
  const ratios = [...text.matchAll(/(?<![\d:.])(\d{1,2}):(\d{1,2})(?![\d:])/g)]
    .filter(([found]) => RATIOS.includes(found))
    .map(([found]) => toAsked(found))
  return [
    ...sizes.filter(({ size }) => size !== undefined && size.width >= MIN_SIDE && size.height >= MIN_SIDE),
    ...ratios,
  ]
}

function toAsked(value: JsonValue | undefined): Asked {
  if (typeof value !== 'string' || value.length > 40) return {}
  const [, width, sign, height] = /^\s*(\d{1,5})\s*([:：xX*×])\s*(\d{1,5})\s*$/.exec(value) ?? []
  const [w, h] = [Number(width), Number(height)]
  if (w > 0 && h > 0) return sign === ':' || sign === '：' ? { ratio: w / h } : { size: { width: w, height: h } }
  const resolution = /^\s*([124])k\s*$/i.exec(value)?.[1]
  if (resolution !== undefined) return { resolution: Number(resolution) * 1024 }
  return value.trim() === 'adaptive' ? { adaptive: true } : {}
}

/** The size and number of pictures that are made, and where they are not the ones asked for, why. */
export interface Chosen {
  readonly size: Size
  readonly count: number
  readonly notes: readonly string[]
}

/** What a model can do: its sizes, the default one first, and what it takes from a reference picture when nothing else is asked. */
export interface Abilities {
  readonly sizes: readonly Size[]
  readonly follows?: 'ratio' | 'size' | undefined
}

// 16:9 is written 1344x768 by one model and 1792x1024 by another: a ratio is met within 3 percent.
const TOLERANCE = 0.03

/** Maps what was asked to what the model really has: the nearest size by ratio, then by area. */
export function choose(asked: Asked, abilities: Abilities, reference: Size | undefined): Chosen {
  const count = Math.min(asked.count ?? 1, MAX_COUNT)
  const notes = [
    ...(asked.strange ?? []),
    ...(count === (asked.count ?? 1) ? [] : [`n=${asked.count} is more than ${MAX_COUNT}: ${count} pictures`]),
  ]
  const followed = asked.adaptive === true || (abilities.follows === 'size' && isUnsaid(asked)) ? reference : undefined
  if (followed !== undefined && isPaintable(followed)) return { size: followed, count, notes }
  const standard = abilities.sizes[0] ?? { width: 1024, height: 1024 }
  const ratio =
    asked.size !== undefined
      ? ratioOf(asked.size)
      : (asked.ratio ??
        (abilities.follows !== undefined && reference !== undefined ? ratioOf(reference) : ratioOf(standard)))
  const area =
    asked.size !== undefined
      ? areaOf(asked.size)
      : asked.resolution !== undefined
        ? asked.resolution ** 2
        : areaOf(standard)
  const size = nearest(abilities.sizes, ratio, area)
  const isMet =
    asked.size === undefined
      ? Math.abs(ratioOf(size) / ratio - 1) <= TOLERANCE && isOfResolution(size, asked.resolution)
      : size.width === asked.size.width && size.height === asked.size.height
  return {
    size,
    count,
    notes:
      isMet || isUnsaid(asked)
        ? notes
        : [...notes, `${describe(asked)} is no size of this model: nearest is ${nameOf(size)}`],
  }
}

// 2K is written 2048x2048 and 2048x864: the longer side tells.
function isOfResolution({ width, height }: Size, resolution: number | undefined): boolean {
  const side = Math.max(width, height)
  return resolution === undefined || (side >= resolution * 0.75 && side <= resolution * 1.9)
}

function isUnsaid({ size, ratio, resolution }: Asked): boolean {
  return size === undefined && ratio === undefined && resolution === undefined
}

/** The size that a text is the name of, as `1024x1536`; undefined where it is none that can be painted. */
export function sizeOf(text: string): Size | undefined {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? []
  const size = { width: Number(width), height: Number(height) }
  return isPaintable(size) ? size : undefined
}

function isPaintable({ width, height }: Size): boolean {
  return Math.min(width, height) >= MIN_SIDE && Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS
}

function nearest(sizes: readonly Size[], ratio: number, area: number): Size {
  const editDistance = (size: Size): number =>
    Math.round(Math.abs(Math.log(ratioOf(size) / ratio)) * 50) * 1000 + Math.abs(Math.log(areaOf(size) / area))
  return sizes.reduce(
    (best, size) => (editDistance(size) < editDistance(best) ? size : best),
    sizes[0] ?? { width: 1024, height: 1024 },
  )
}

function describe({ size, ratio, resolution }: Asked): string {
  if (size !== undefined) return nameOf(size)
  return [
    ...(ratio === undefined ? [] : [`ratio ${ratioName(ratio)}`]),
    ...(resolution === undefined ? [] : [`${resolution / 1024}K`]),
  ].join(' in ')
}

function ratioOf({ width, height }: Size): number {
  return width / height
}

function areaOf({ width, height }: Size): number {
  return width * height
}

/** A size as the gateway writes it: `1024x1536`. */
export function nameOf({ width, height }: Size): string {
  return `${width}x${height}`
}

/** The ratio that a size is called by: the nearest of the listed ones, `2:3`. */
export function ratioName(ratio: number): string {
  const editDistance = (value: number): number => Math.abs(Math.log(value / ratio))
  return NAMED.reduce((best, named) => (editDistance(named.value) < editDistance(best.value) ? named : best), SQUARE)
    .name
}
