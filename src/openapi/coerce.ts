import { type JsonObject, type JsonValue, isObject, readJson } from '../util/json.ts'
import { type Place, composedPlaces, escapePointer } from './json-pointer.ts'
import { lastSteps } from './limited-effort.ts'
import type { Validators } from './lazy-validators.ts'
import { typesOf } from './schema-types.ts'

/** What was sent as text: one text, several, or texts by name. */
export type Texts = string | readonly Texts[] | { readonly [name: string]: Texts }

/** What a schema with all its branches says of the values inside. */
interface Shape {
  readonly types: ReadonlySet<string>
  /** The pointers of the schemas of items. */
  readonly items: readonly string[]
  readonly properties: ReadonlyMap<string, readonly string[]>
  /** The pointers of the schemas of all other properties. */
  readonly others: readonly string[]
}

const shapes = new WeakMap<JsonObject, Map<string, Shape>>()

/** The types, items and properties that a schema and its branches name. Cached: a contract does not change. */
export function shapeOf(document: JsonObject, pointer: string): Shape {
  const known = shapes.get(document) ?? new Map<string, Shape>()
  shapes.set(document, known)
  const shape = known.get(pointer) ?? readShape(document, pointer)
  known.set(pointer, shape)
  return shape
}

function readShape(document: JsonObject, pointer: string): Shape {
  const places = composedPlaces(document, pointer)
  const properties = new Map<string, string[]>()
  for (const { value, pointer: at } of objectsIn(places))
    for (const name of Object.keys(isObject(value['properties']) ? value['properties'] : {}))
      properties.set(name, [...(properties.get(name) ?? []), `${at}/properties/${escapePointer(name)}`])
  const inside = (keyword: string): string[] =>
    objectsIn(places).flatMap(({ value, pointer: at }) => (isObject(value[keyword]) ? [`${at}/${keyword}`] : []))
  const types = new Set(objectsIn(places).flatMap(({ value }) => typesOf(value)))
  return { types, items: inside('items'), properties, others: inside('additionalProperties') }
}

function objectsIn(places: readonly Place[]): { readonly value: JsonObject; readonly pointer: string }[] {
  return places.flatMap(({ value, pointer }) => (isObject(value) ? [{ value, pointer }] : []))
}

/** What is needed to read texts by the schemas of a contract. */
export interface Coercion {
  readonly document: JsonObject
  readonly validators: Validators
}

/**
 * Maximum number of steps to read the texts of one parameter or form: schemas that are tried, texts, and steps to compare
 * values with schemas. The rest stays text. If several branches contain the schema itself, the time would double with each
 * level of the names.
 */
const MAX_STEPS = 500_000

/** Characters of a text that are a step. */
const CHARACTERS_OF_STEP = 1024

/** Deepest nesting of schemas that are read: a list whose items are the same list has no end. Names have 64 levels. */
const MAX_LEVELS = 200

interface Reading extends Coercion {
  steps: number
  levels: number
}

/**
 * The value that texts mean for the schema at a pointer. If the schema has several types, each is tried, and the first
 * that matches the schema is used.
 */
export function coerce({ document, validators }: Coercion, pointer: string | undefined, texts: Texts): JsonValue {
  const reading: Reading = { document, validators, steps: 0, levels: 0 }
  return pointer === undefined ? toPlain(reading, texts) : read(reading, pointer, texts)
}

function read(reading: Reading, pointer: string, texts: Texts): JsonValue {
  reading.steps++
  if (reading.steps > MAX_STEPS || reading.levels >= MAX_LEVELS) return toPlain(reading, texts)
  reading.levels++
  const candidates = candidatesOf(reading, shapeOf(reading.document, pointer), texts)
  reading.levels--
  const [first = null] = candidates
  if (candidates.length < 2) return first
  return candidates.find((value) => matches(reading, pointer, value)) ?? first
}

function matches(reading: Reading, pointer: string, value: JsonValue): boolean {
  const validator = reading.validators.get(pointer)
  if (validator === undefined || reading.steps > MAX_STEPS) return true
  const isValid = validator(value)
  reading.steps += lastSteps()
  return isValid
}

function toPlain(reading: Reading, texts: Texts): JsonValue {
  reading.steps++
  if (typeof texts === 'string') return texts
  if (isList(texts)) return texts.map((inner) => toPlain(reading, inner))
  return Object.fromEntries(Object.entries(texts).map(([name, inner]) => [name, toPlain(reading, inner)]))
}

function isList(texts: Texts): texts is readonly Texts[] {
  return Array.isArray(texts)
}

function candidatesOf(reading: Reading, shape: Shape, texts: Texts): JsonValue[] {
  if (typeof texts === 'string') return candidatesOfText(reading, shape, texts)
  if (isList(texts)) {
    const items = texts.map((text) => coerceInside(reading, shape.items, text))
    const last = texts.at(-1)
    const isAlsoText = !shape.types.has('array') && shape.types.size > 0 && last !== undefined
    return isAlsoText ? [...candidatesOf(reading, shape, last), items] : [items]
  }
  const names = Object.keys(texts)
  const isArray = shape.types.has('array') && names.every((name) => /^\d+$/.test(name))
  const entries = names.map((name): [string, JsonValue] => [
    name,
    coerceInside(reading, shape.properties.get(name) ?? shape.others, texts[name] ?? ''),
  ])
  const value = Object.fromEntries(entries)
  return isArray ? [names.map((name) => coerceInside(reading, shape.items, texts[name] ?? '')), value] : [value]
}

// The schemas are those of different branches: the first that the value matches is used.
function coerceInside(reading: Reading, pointers: readonly string[], texts: Texts): JsonValue {
  const [first, ...others] = pointers
  if (first === undefined) return toPlain(reading, texts)
  const value = read(reading, first, texts)
  if (others.length === 0 || reading.steps > MAX_STEPS || matches(reading, first, value)) return value
  for (const pointer of others) {
    if (reading.steps > MAX_STEPS) break
    const other = read(reading, pointer, texts)
    if (matches(reading, pointer, other)) return other
  }
  return value
}

function candidatesOfText(reading: Reading, shape: Shape, text: string): JsonValue[] {
  const { types, items } = shape
  reading.steps += Math.floor(text.length / CHARACTERS_OF_STEP)
  if (types.size === 0) return [text]
  const isPossible = (type: string): boolean => types.has(type)
  const scalars: JsonValue[] = [
    ...(isPossible('string') ? [text] : []),
    ...((isPossible('integer') || isPossible('number')) && NUMBER.test(text) ? [Number(text)] : []),
    ...(isPossible('boolean') && (text === 'true' || text === 'false') ? [text === 'true'] : []),
    ...(isPossible('null') && (text === 'null' || text === '') ? [null] : []),
  ]
  const json = (isPossible('object') || isPossible('array')) && /^\s*[[{]/.test(text) ? parse(text) : undefined
  const list = isPossible('array') ? [[coerceInside(reading, items, text)]] : []
  const all = [...scalars, ...(json === undefined ? [] : [json]), ...list]
  return all.length === 0 ? [text] : all
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i

function parse(text: string): JsonValue | undefined {
  const reading = readJson(Buffer.from(text))
  return 'value' in reading ? reading.value : undefined
}
