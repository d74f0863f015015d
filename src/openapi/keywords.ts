import { type JsonValue, isObject } from '../util/json.ts'
import { didYouMean } from '../util/suggest.ts'
import { toPattern } from './linear-pattern.ts'

/** What the value of a keyword must be. */
type Kind =
  | 'type'
  | 'type or types'
  | 'values'
  | 'any'
  | 'number'
  | 'positive number'
  | 'count'
  | 'boolean'
  | 'text'
  | 'pattern'
  | 'names'
  | 'lists of names'
  | 'schema'
  | 'schemas'
  | 'named schemas'

const COMMON: Readonly<Record<string, Kind>> = {
  enum: 'values',
  multipleOf: 'positive number',
  maximum: 'number',
  minimum: 'number',
  maxLength: 'count',
  minLength: 'count',
  pattern: 'pattern',
  format: 'text',
  maxItems: 'count',
  minItems: 'count',
  uniqueItems: 'boolean',
  maxProperties: 'count',
  minProperties: 'count',
  required: 'names',
  properties: 'named schemas',
  additionalProperties: 'schema',
  items: 'schema',
  allOf: 'schemas',
  anyOf: 'schemas',
  oneOf: 'schemas',
  not: 'schema',
  readOnly: 'boolean',
  writeOnly: 'boolean',
}

/** The keywords of OpenAPI 3.0 that restrict values. All other keywords are ignored. */
const OF_30: Readonly<Record<string, Kind>> = {
  ...COMMON,
  type: 'type',
  exclusiveMaximum: 'boolean',
  exclusiveMinimum: 'boolean',
  nullable: 'boolean',
}

/** Those of JSON Schema 2020-12, which OpenAPI 3.1 uses. */
const OF_31: Readonly<Record<string, Kind>> = {
  ...COMMON,
  type: 'type or types',
  const: 'any',
  exclusiveMaximum: 'number',
  exclusiveMinimum: 'number',
  prefixItems: 'schemas',
  contains: 'schema',
  minContains: 'count',
  maxContains: 'count',
  patternProperties: 'named schemas',
  propertyNames: 'schema',
  dependentRequired: 'lists of names',
  dependentSchemas: 'named schemas',
  if: 'schema',
  then: 'schema',
  else: 'schema',
  unevaluatedItems: 'schema',
  unevaluatedProperties: 'schema',
}

// Keywords that do not restrict values.
const ANNOTATIONS_30 = '$ref title description default example deprecated discriminator xml externalDocs'.split(' ')
const ANNOTATIONS_31 =
  '$dynamicRef $id $schema $anchor $dynamicAnchor $defs $comment $vocabulary definitions examples contentMediaType contentEncoding contentSchema'
const ANNOTATIONS = {
  30: new Set(ANNOTATIONS_30),
  31: new Set([...ANNOTATIONS_30, ...ANNOTATIONS_31.split(' ')]),
}

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']

/** Why the value of a keyword cannot be used; undefined if it can. */
type Check = (value: JsonValue) => string | undefined

const isSchema = (value: JsonValue): boolean => isObject(value) || typeof value === 'boolean'
const mustBe =
  (what: string, test: (value: JsonValue) => boolean): Check =>
  (value) =>
    test(value) ? undefined : `must be ${what}`
const isText = (value: JsonValue): value is string => typeof value === 'string'
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every(isText)

function checkType(value: JsonValue): string | undefined {
  if (isText(value) && TYPES.includes(value)) return undefined
  if (!isText(value)) return 'must be the name of a type'
  return `'${value}' is not one of ${TYPES.join(', ')}.${didYouMean(value, TYPES)}`.replace(/\.$/, '')
}

function checkTypes(value: JsonValue): string | undefined {
  if (!Array.isArray(value)) return checkType(value)
  if (value.length === 0) return 'must not be empty'
  return value.map(checkType).find((fault) => fault !== undefined)
}

function checkPattern(value: JsonValue): string | undefined {
  if (!isText(value)) return 'must be a string'
  try {
    toPattern(value)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const CHECKS: Readonly<Record<Kind, Check>> = {
  type: checkType,
  'type or types': checkTypes,
  values: mustBe('a list with at least one value', (value) => Array.isArray(value) && value.length > 0),
  any: () => undefined,
  number: mustBe('a number', (value) => typeof value === 'number'),
  'positive number': mustBe('a number above 0', (value) => typeof value === 'number' && value > 0),
  count: mustBe('a whole number from 0', (value) => Number.isInteger(value) && Number(value) >= 0),
  boolean: mustBe('true or false', (value) => typeof value === 'boolean'),
  text: mustBe('a string', isText),
  pattern: checkPattern,
  names: mustBe('a list of names', isTexts),
  'lists of names': mustBe('an object of lists', (value) => isObject(value) && Object.values(value).every(isTexts)),
  schema: mustBe('a schema', isSchema),
  schemas: mustBe('a list with at least one schema', (value) => Array.isArray(value) && value.length > 0),
  'named schemas': mustBe('an object', isObject),
}

/** Why a keyword of a schema is ignored; undefined if it is not. */
export function faultIn(keyword: string, value: JsonValue, is30: boolean): string | undefined {
  const kind = kindOf(keyword, is30)
  return kind === undefined ? undefined : CHECKS[kind](value)
}

/** Whether a keyword restricts the values of a schema. */
export function isRestricting(keyword: string, is30: boolean): boolean {
  return kindOf(keyword, is30) !== undefined
}

/** Whether OpenAPI does not have a keyword. JSON Schema, which 3.1 uses, ignores other keywords; 3.0 allows only `x-`. */
export function isUnknown(keyword: string, is30: boolean): boolean {
  const annotations = is30 ? ANNOTATIONS[30] : ANNOTATIONS[31]
  return kindOf(keyword, is30) === undefined && !annotations.has(keyword) && !keyword.startsWith('x-')
}

/** What the value of a keyword consists of: one schema, a list, or an object of schemas. */
export function schemasIn(keyword: string, is30: boolean): 'one' | 'list' | 'named' | undefined {
  const kind = kindOf(keyword, is30)
  return kind === 'schema' ? 'one' : kind === 'schemas' ? 'list' : kind === 'named schemas' ? 'named' : undefined
}

function kindOf(keyword: string, is30: boolean): Kind | undefined {
  const table = is30 ? OF_30 : OF_31
  return Object.hasOwn(table, keyword) ? table[keyword] : undefined
}
