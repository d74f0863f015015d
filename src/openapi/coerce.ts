import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { type Place, composedPlaces, escapePointer } from './json-pointer.ts'
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
 * The value that texts mean for the schema at a pointer. If the schema has several types, each is tried, and the first
 * that matches the schema is used.
 */
export function coerce(coercion: Coercion, pointer: string | undefined, texts: Texts): JsonValue {
  if (pointer === undefined) return toPlain(texts)
  const shape = shapeOf(coercion.document, pointer)
  const candidates = candidatesOf(coercion, shape, texts)
  const [first = null] = candidates
  if (candidates.length < 2) return first
  const validator = coercion.validators.get(pointer)
  return candidates.find((value) => validator === undefined || validator(value)) ?? first
}

function toPlain(texts: Texts): JsonValue {
  if (typeof texts === 'string') return texts
  if (isList(texts)) return texts.map(toPlain)
  return Object.fromEntries(Object.entries(texts).map(([name, inner]) => [name, toPlain(inner)]))
}

function isList(texts: Texts): texts is readonly Texts[] {
  return Array.isArray(texts)
}

function candidatesOf(coercion: Coercion, shape: Shape, texts: Texts): JsonValue[] {
  if (typeof texts === 'string') return candidatesOfText(coercion, shape, texts)
  if (isList(texts)) {
    const items = texts.map((text) => coerceInside(coercion, shape.items, text))
    const last = texts.at(-1)
    const isAlsoText = !shape.types.has('array') && shape.types.size > 0 && last !== undefined
    return isAlsoText ? [...candidatesOf(coercion, shape, last), items] : [items]
  }
  const names = Object.keys(texts)
  const isArray = shape.types.has('array') && names.every((name) => /^\d+$/.test(name))
  const list = names.map((name) => coerceInside(coercion, shape.items, texts[name] ?? ''))
  const entries = names.map((name): [string, JsonValue] => [
    name,
    coerceInside(coercion, shape.properties.get(name) ?? shape.others, texts[name] ?? ''),
  ])
  return isArray ? [list, Object.fromEntries(entries)] : [Object.fromEntries(entries)]
}

// The schemas are those of different branches: the first that the value matches is used.
function coerceInside(coercion: Coercion, pointers: readonly string[], texts: Texts): JsonValue {
  const values = pointers.map((pointer) => ({ pointer, value: coerce(coercion, pointer, texts) }))
  const matching = values.find(({ pointer, value }) => coercion.validators.get(pointer)?.(value) === true)
  return (matching ?? values[0])?.value ?? toPlain(texts)
}

function candidatesOfText(coercion: Coercion, shape: Shape, text: string): JsonValue[] {
  const { types, items } = shape
  if (types.size === 0) return [text]
  const isPossible = (type: string): boolean => types.has(type)
  const scalars: JsonValue[] = [
    ...(isPossible('string') ? [text] : []),
    ...((isPossible('integer') || isPossible('number')) && NUMBER.test(text) ? [Number(text)] : []),
    ...(isPossible('boolean') && (text === 'true' || text === 'false') ? [text === 'true'] : []),
    ...(isPossible('null') && (text === 'null' || text === '') ? [null] : []),
  ]
  const json = (isPossible('object') || isPossible('array')) && /^\s*[[{]/.test(text) ? parse(text) : undefined
  const list = isPossible('array') ? [[coerceInside(coercion, items, text)]] : []
  const all = [...scalars, ...(json === undefined ? [] : [json]), ...list]
  return all.length === 0 ? [text] : all
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
