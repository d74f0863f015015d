import type { JsonValue } from '../util/json.ts'
import type { MergedSchema } from './merge-schema.ts'
import { samplePattern } from './sample-pattern.ts'

/** Texts of each format. `#` is replaced by a digit that differs in each sample of a list. */
const FORMATS: Readonly<Record<string, string>> = {
  date: '2019-08-2#',
  'date-time': '2019-08-24T14:15:2#Z',
  time: '14:15:2#Z',
  duration: 'P#D',
  uuid: '497f6eca-6276-4993-bfeb-53cbbbba6f0#',
  email: 'user#@example.com',
  'idn-email': 'user#@example.com',
  hostname: 'host#.example.com',
  'idn-hostname': 'host#.example.com',
  ipv4: '192.168.0.#',
  ipv6: '2001:db8:85a3::370:733#',
  uri: 'https://example.com/#',
  url: 'https://example.com/#',
  iri: 'https://example.com/#',
  'uri-reference': '/#',
  'iri-reference': '/#',
  'uri-template': 'https://example.com/#/{id}',
  'json-pointer': '/#',
  'json-pointer-uri-fragment': '#/#',
  'relative-json-pointer': '#',
  regex: '^a#$',
  byte: 'c3RyaW5#',
  base64: 'c3RyaW5#',
  int32: '#',
  int64: '#',
}
const FIRST_DIGIT = 4

/** Texts for a schema, the best one first. The schema may allow none of them. `index` selects others. */
export function sampleTexts({ limits, patterns, format }: MergedSchema, index: number): string[] {
  const min = limits.get('minLength') ?? 0
  const max = limits.get('maxLength') ?? Infinity
  const written = format.name === undefined ? undefined : FORMATS[format.name]
  const digit = (FIRST_DIGIT + index) % 10
  const ofFormat = written === undefined ? [] : [written.replace(/#(?!.*#)/, String(digit))]
  const ofPattern = patterns.flatMap((pattern) => samplePattern(pattern, min, index) ?? [])
  const plain = index === 0 ? 'string' : `string${index}`
  return [...ofPattern, ...ofFormat, toLength(plain, min, max)]
}

function toLength(text: string, min: number, max: number): string {
  const filled = text.length >= min ? text : text.padStart(min, 'string')
  return filled.length <= max ? filled : filled.slice(-max)
}

/** Numbers for a schema, the best one first. The schema may allow none of them. `index` selects others. */
export function sampleNumbers({ limits }: MergedSchema, isInteger: boolean, index: number): number[] {
  const above = limits.get('exclusiveMinimum')
  const below = limits.get('exclusiveMaximum')
  const min = Math.max(limits.get('minimum') ?? -Infinity, above ?? -Infinity)
  const max = Math.min(limits.get('maximum') ?? Infinity, below ?? Infinity)
  const multiple = limits.get('multipleOf')
  const step = multiple ?? (isInteger || max - min > 1 ? 1 : (max - min) / 4)
  const start = min <= 0 && max >= 0 ? 0 : min > 0 ? min : max
  const first = min > 0 || max >= 0 ? Math.ceil(start / step) * step : Math.floor(start / step) * step
  const direction = max >= 0 && (min > 0 || max > 0) ? 1 : -1
  const values = [index, index + 1, 0, 1, 2].flatMap((i) => [
    first + direction * i * step,
    first - direction * i * step,
  ])
  const plain = multiple === undefined && !isInteger ? [min, max, (min + max) / 2] : []
  return [...values, ...plain]
    .filter(Number.isFinite)
    .map((value) => Number(value.toPrecision(12)))
    .filter((value) => value >= min && value <= max && value !== above && value !== below)
    .map((value) => (value === 0 ? 0 : value)) // not -0
}

/** What a schema that says nothing of the type allows, the best one first. */
export const ANYTHING: readonly JsonValue[] = [null, 'string', 0, true, {}, []]
