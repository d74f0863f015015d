import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { faultIn, isRestricting } from './keywords.ts'
import { escapePointer, pointerOf, valueAt } from './json-pointer.ts'
import { isVersion30 } from './normalize-schema.ts'

/** Schemas that a value must match, merged: what is needed to create a value. Each schema is named by its JSON pointer. */
export interface MergedSchema {
  /** The pointers of all schemas that were merged, without the branches of unions. */
  readonly pointers: readonly string[]
  /** The JSON types that all of them allow; undefined if any is allowed. */
  types: readonly string[] | undefined
  /** The values that all of them allow; undefined if any is allowed. */
  values: readonly JsonValue[] | undefined
  /** Their examples and defaults, in the order of their schemas. */
  readonly examples: JsonValue[]
  /** The schemas of each property. */
  readonly properties: Map<string, string[]>
  readonly required: Set<string>
  /** The schemas of other properties, items, and so on, by keyword. */
  readonly inside: Map<string, string[]>
  /** The branches of each `anyOf` and `oneOf`. */
  readonly unions: Union[]
  /** The values of keywords such as `minimum`, with the strictest one first. */
  readonly limits: Map<string, number>
  readonly patterns: string[]
  readonly format: { name: string | undefined }
  readonly conditions: {
    readonly test: string
    readonly then: string | undefined
    readonly otherwise: string | undefined
  }[]
  isClosed: boolean
  isUnique: boolean
}

/** A union of schemas. */
export interface Union {
  readonly branches: readonly string[]
  /** The property that names the branch, and its value for each branch. */
  readonly tag: { readonly name: string; readonly values: ReadonlyMap<string, string> } | undefined
}

const LOWER = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains'])
const SINGLE = ['items', 'additionalProperties', 'contains', 'propertyNames', 'unevaluatedProperties'] as const

/** Merges the schemas at some pointers with those in their `$ref` and `allOf`. */
export function mergeSchemas(document: JsonObject, pointers: readonly string[]): MergedSchema {
  const merged: MergedSchema = {
    pointers: [],
    types: undefined,
    values: undefined,
    examples: [],
    properties: new Map(),
    required: new Set(),
    inside: new Map(),
    unions: [],
    limits: new Map(),
    patterns: [],
    format: { name: undefined },
    conditions: [],
    isClosed: false,
    isUnique: false,
  }
  const seen = new Set<string>()
  const add = (pointer: string): void => {
    const schema = valueAt(document, pointer)
    if (seen.has(pointer)) return
    seen.add(pointer)
    if (!isObject(schema)) return
    const target = targetOf(document, schema)
    if (target !== undefined) add(target)
    if (target !== undefined && isVersion30(document)) return
    addSchema(merged, usableKeywords(schema, isVersion30(document)), pointer)
    for (const i of indexes(schema['allOf'])) add(`${pointer}/allOf/${i}`)
  }
  for (const pointer of pointers) add(pointer)
  return { ...merged, pointers: [...seen] }
}

/** The pointer that a schema refers to. */
export function targetOf(document: JsonObject, schema: JsonObject): string | undefined {
  const reference = schema['$ref'] ?? schema['$dynamicRef']
  const target = typeof reference === 'string' ? pointerOf(reference) : undefined
  return target === undefined || valueAt(document, target) === undefined ? undefined : target
}

function indexes(list: JsonValue | undefined): number[] {
  return Array.isArray(list) ? [...list.keys()] : []
}

// The keywords that are valid. All others are ignored.
function usableKeywords(schema: JsonObject, is30: boolean): JsonObject {
  const entries = Object.entries(schema).filter(
    ([keyword, value]) => !isRestricting(keyword, is30) || faultIn(keyword, value, is30) === undefined,
  )
  return Object.fromEntries(entries)
}

function addSchema(merged: MergedSchema, schema: JsonObject, pointer: string): void {
  const { type, nullable, const: constant, enum: values, example, examples, default: fallback } = schema
  if (type !== undefined) {
    const own = [type].flat().filter((item) => typeof item === 'string')
    const withNull = nullable === true ? [...own, 'null'] : own
    merged.types = merged.types === undefined ? withNull : merged.types.flatMap((one) => commonType(one, withNull))
  }
  if (constant !== undefined) intersect(merged, [constant])
  if (Array.isArray(values)) intersect(merged, values)
  merged.examples.push(...[example, ...(Array.isArray(examples) ? examples : []), fallback].filter(isDefined))
  addObject(merged, schema, pointer)
  for (const [keyword, value] of Object.entries(schema)) if (typeof value === 'number') addLimit(merged, keyword, value)
  addLegacyLimits(merged, schema)
  if (typeof schema['pattern'] === 'string') merged.patterns.push(schema['pattern'])
  if (typeof schema['format'] === 'string') merged.format.name = schema['format']
  merged.isUnique ||= schema['uniqueItems'] === true
  addUnions(merged, schema, pointer)
}

function isDefined(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined
}

// An integer is a number too.
function commonType(type: string, others: readonly string[]): string[] {
  if (others.includes(type)) return [type]
  if (type === 'number' && others.includes('integer')) return ['integer']
  return type === 'integer' && others.includes('number') ? ['integer'] : []
}

function intersect(merged: MergedSchema, values: readonly JsonValue[]): void {
  const texts = new Set(values.map((value) => JSON.stringify(value)))
  const common = (merged.values ?? values).filter((value) => texts.has(JSON.stringify(value)))
  merged.values = common
}

function addObject(merged: MergedSchema, schema: JsonObject, pointer: string): void {
  const { properties, required, additionalProperties, unevaluatedProperties } = schema
  for (const name of Object.keys(isObject(properties) ? properties : {}))
    append(merged.properties, name, `${pointer}/properties/${escapePointer(name)}`)
  if (Array.isArray(required)) for (const name of required) merged.required.add(String(name))
  for (const keyword of SINGLE) if (isObject(schema[keyword])) append(merged.inside, keyword, `${pointer}/${keyword}`)
  if (isObject(schema['patternProperties'])) append(merged.inside, 'patternProperties', `${pointer}/patternProperties`)
  if (Array.isArray(schema['prefixItems'])) append(merged.inside, 'prefixItems', `${pointer}/prefixItems`)
  merged.isClosed ||= additionalProperties === false || unevaluatedProperties === false
}

function append(map: Map<string, string[]>, key: string, pointer: string): void {
  map.set(key, [...(map.get(key) ?? []), pointer])
}

function addLimit({ limits }: MergedSchema, keyword: string, value: number): void {
  const known = limits.get(keyword) ?? value
  limits.set(
    keyword,
    keyword === 'multipleOf'
      ? commonMultiple(known, value)
      : LOWER.has(keyword)
        ? Math.max(known, value)
        : Math.min(known, value),
  )
}

function commonMultiple(a: number, b: number): number {
  return a % b === 0 ? a : b % a === 0 ? b : a * b
}

// In OpenAPI 3.0, `exclusiveMinimum` is a boolean.
function addLegacyLimits(
  merged: MergedSchema,
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonObject,
): void {
  if (exclusiveMinimum === true && typeof minimum === 'number') addLimit(merged, 'exclusiveMinimum', minimum)
  if (exclusiveMaximum === true && typeof maximum === 'number') addLimit(merged, 'exclusiveMaximum', maximum)
}

function addUnions(merged: MergedSchema, schema: JsonObject, pointer: string): void {
  for (const keyword of ['oneOf', 'anyOf']) {
    const branches = indexes(schema[keyword]).map((i) => `${pointer}/${keyword}/${i}`)
    if (branches.length > 0) merged.unions.push({ branches, tag: tagOf(schema, keyword, branches) })
  }
  const { if: condition, then, else: otherwise } = schema
  if (condition === undefined) return
  merged.conditions.push({
    test: `${pointer}/if`,
    then: then === undefined ? undefined : `${pointer}/then`,
    otherwise: otherwise === undefined ? undefined : `${pointer}/else`,
  })
}

function tagOf({ discriminator, ...schema }: JsonObject, keyword: string, pointers: readonly string[]): Union['tag'] {
  if (!isObject(discriminator) || typeof discriminator['propertyName'] !== 'string') return undefined
  const { mapping } = discriminator
  const branches = schema[keyword]
  const names = Object.entries(isObject(mapping) ? mapping : {})
  const values = pointers.flatMap((pointer, i): [string, string][] => {
    const branch = Array.isArray(branches) ? branches[i] : undefined
    const reference = isObject(branch) && typeof branch['$ref'] === 'string' ? branch['$ref'] : undefined
    if (reference === undefined) return []
    const last = reference.split('/').at(-1) ?? ''
    const named = names.find(([, target]) => target === reference || target === last)?.[0]
    return [[pointer, named ?? last]]
  })
  return { name: discriminator['propertyName'], values: new Map(values) }
}

/** The types of which a sample may be, the best one first. A schema without types names the one that it describes. */
export function typesToSample({ types, properties, required, inside, ...merged }: MergedSchema): readonly string[] {
  if (types !== undefined)
    return [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')]
  const { patterns, format, limits } = merged
  const has = (...keywords: string[]): boolean => keywords.some((keyword) => limits.has(keyword) || inside.has(keyword))
  const isObjectSchema = properties.size + required.size > 0
  if (isObjectSchema || has('additionalProperties', 'patternProperties', 'minProperties', 'maxProperties'))
    return ['object']
  if (has('items', 'prefixItems', 'contains', 'minItems', 'maxItems')) return ['array']
  if (patterns.length > 0 || format.name !== undefined || has('minLength', 'maxLength')) return ['string']
  return has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf') ? ['number'] : ['any']
}
