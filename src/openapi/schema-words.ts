import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { composedOf, deref } from './json-pointer.ts'

// A contract may have schemas of any size. These limits keep a text below a megabyte.
const MAX_LISTED = 30 // values
const MAX_VALUE = 100 // characters of a value
const MAX_BRANCHES = 10 // of a union
const MAX_DEPTH = 2 // of unions in unions

/** The values of a schema in words: `an integer (at least 1, at most 10) or null`. */
export function describeSchema(document: JsonObject, schema: JsonValue, depth = 0): string {
  const { value } = deref(document, schema, '')
  if (!isObject(value) || depth > MAX_DEPTH) return 'an allowed value'
  const branches = [value['anyOf'] ?? [], value['oneOf'] ?? []].flat()
  const words = [
    ...(branches.length === 0 ? [kindOf(value)] : []),
    ...branches.slice(0, MAX_BRANCHES).map((branch: JsonValue) => describeSchema(document, branch, depth + 1)),
    ...(value['nullable'] === true ? ['null'] : []),
  ]
  return [...new Set(words)].join(' or ') + exampleOf(value)
}

/** The values that a schema lists, as texts. */
export function valuesOf(document: JsonObject, schema: JsonValue): string[] {
  return composedOf(document, schema)
    .flatMap((one) => one['enum'] ?? [])
    .filter((value) => typeof value === 'string')
}

function exampleOf({ example }: JsonObject): string {
  return example === undefined || isObject(example) || Array.isArray(example) ? '' : `, for example ${quote(example)}`
}

function quote(value: JsonValue): string {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE).toWellFormed()}…`
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

const LIMITS: readonly (readonly [keyword: string, words: (limit: string) => string])[] = [
  ['minimum', (limit) => `at least ${limit}`],
  ['maximum', (limit) => `at most ${limit}`],
  ['minLength', (limit) => `length at least ${limit}`],
  ['maxLength', (limit) => `length at most ${limit}`],
  ['minItems', (limit) => `number of items at least ${limit}`],
  ['maxItems', (limit) => `number of items at most ${limit}`],
  ['pattern', (pattern) => `pattern ${pattern}`],
  ['format', (format) => `format ${format}`],
]

// A schema without the branches of a union.
function kindOf(schema: JsonObject): string {
  const values = schema['enum'] ?? (schema['const'] === undefined ? undefined : [schema['const']])
  if (Array.isArray(values)) {
    const rest = values.length - MAX_LISTED
    return `${values.slice(0, MAX_LISTED).map(quote).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
  }
  const types = [schema['type'] ?? []]
    .flat()
    .filter((type) => typeof type === 'string')
    .map((type) => TYPES[type] ?? type)
  const limits = LIMITS.flatMap(([keyword, words]) => {
    const limit = schema[keyword]
    return limit === undefined
      ? []
      : [words(typeof limit === 'string' ? limit.slice(0, MAX_VALUE) : JSON.stringify(limit))]
  })
  const kind = types.length === 0 ? 'a value' : types.join(' or ')
  return limits.length === 0 ? kind : `${kind} (${limits.join(', ')})`
}
