import type { ErrorObject } from 'ajv'
import { type JsonValue, isObject } from '../util/json.ts'
import { toPath } from './json-pointer.ts'
import { createValueIds } from './value-ids.ts'

/** One violation of the contract by a request, with a message for the client. */
export interface Violation {
  /** Where it is: `messages[0].content`, or a parameter's name. */
  readonly param: string
  readonly reason: 'missing' | 'type' | 'value' | 'unknown'
  /** The value there; undefined if there is none. */
  readonly value: unknown
  readonly message: string
}

/** Maximum number of values of an enum in a message. */
const MAX_ALTERNATIVES = 30

/** A list or an object of a request is not validated further after this number of ajv's errors. */
export const MAX_ERRORS = 1000

/** Maximum number of violations that are reported of a request. */
export const MAX_VIOLATIONS = 50

/**
 * Makes Violations of ajv's errors: one for each place and cause, and of an `anyOf` only the branch that was meant. If
 * there are more than MAX_VIOLATIONS, only the first MAX_VIOLATIONS + 1.
 */
export function toViolations(errors: readonly ErrorObject[], root: unknown, prefix = ''): Violation[] {
  const distinct = new Map<string, Violation>()
  for (const error of condense(errors)) {
    const violation = toViolation(error, root, prefix)
    distinct.set(`${violation.param}\n${violation.message}`, violation)
    if (distinct.size > MAX_VIOLATIONS) break
  }
  return [...distinct.values()]
}

// ajv reports the errors of every branch of a union, then the union's own. Inner unions come before outer ones.
function condense(errors: readonly ErrorObject[]): ErrorObject[] {
  const condensed: ErrorObject[] = []
  for (const error of errors) {
    if (error.keyword === 'if') continue
    const isUnion = error.keyword === 'anyOf' || error.keyword === 'oneOf'
    const start = isUnion ? condensed.findLastIndex((other) => boundaryOf(other, error) === 0) : -1
    const meant = start === -1 ? [error] : errorsMeant(branchesOf(condensed.splice(start), error), error)
    for (const one of meant) condensed.push(one) // not spread: a call takes only so many arguments
  }
  return condensed
}

// The index of the branch whose boundary (see `withBoundaries`) this error reports; undefined for all other errors.
function boundaryOf({ instancePath, schemaPath }: ErrorObject, union: ErrorObject): number | undefined {
  if (instancePath !== union.instancePath || !schemaPath.startsWith(`${union.schemaPath}/`)) return undefined
  const [, index] = /^(\d+)\/false schema$/.exec(schemaPath.slice(union.schemaPath.length + 1)) ?? []
  return index === undefined || Number(index) % 2 === 1 ? undefined : Number(index) / 2
}

function branchesOf(errors: readonly ErrorObject[], union: ErrorObject): ErrorObject[][] {
  const branches: ErrorObject[][] = []
  for (const error of errors) {
    if (boundaryOf(error, union) === undefined) branches.at(-1)?.push(error)
    else branches.push([])
  }
  return branches
}

// The errors of the branch that was meant: the one whose type matches the value. If there are several, the one whose
// tag matches, such as `type: {enum: [text]}`. If that is not clear, one error for all these branches.
function errorsMeant(branches: readonly ErrorObject[][], union: ErrorObject): ErrorObject[] {
  if (Array.isArray(union.params['passingSchemas']))
    return [{ ...union, message: 'it matches more than one of the allowed forms' }]
  const isHere = ({ instancePath }: ErrorObject): boolean => instancePath === union.instancePath
  const isOtherType = (error: ErrorObject): boolean => error.keyword === 'type' && isHere(error)
  const ofType = branches.filter((branch) => !branch.some(isOtherType))
  if (ofType.length === 0) {
    const types = branches.flat().filter(isOtherType).flatMap(typesIn)
    return [{ ...union, keyword: 'type', params: { type: [...new Set(types)] } }]
  }
  const isTag = (error: ErrorObject): boolean =>
    tagsIn(error).length === 1 && error.instancePath.lastIndexOf('/') === union.instancePath.length
  const ofTag = ofType.filter((branch) => !branch.some(isTag))
  const candidates = ofTag.length > 0 ? ofTag : ofType
  const [first = [], ...others] = candidates
  if (others.length === 0) return first
  const common = commonErrors(first, others)
  if (common.length > 0) return common
  if (ofTag.length === 0) {
    const tags = ofType.flat().filter(isTag)
    const values = tags.filter(({ instancePath }) => instancePath === tags[0]?.instancePath).flatMap(tagsIn)
    return tags.slice(0, 1).map((tag) => ({ ...tag, keyword: 'enum', params: { allowedValues: [...new Set(values)] } }))
  }
  const message = candidates.flat().every(isHere)
    ? candidates.map((branch) => branch.map(ruleOf).join(' and ')).join(', or ')
    : 'it matches none of the allowed forms'
  return [{ ...union, message }]
}

// The errors of a branch that all other branches have too.
function commonErrors(branch: readonly ErrorObject[], others: readonly ErrorObject[][]): ErrorObject[] {
  const idOf = createValueIds()
  const keyOf = ({ instancePath, keyword, params }: ErrorObject): number => idOf([instancePath, keyword, params])
  const found = others.map((errors) => new Set(errors.map(keyOf)))
  return branch.filter((error) => found.every((keys) => keys.has(keyOf(error))))
}

function tagsIn({ keyword, params }: ErrorObject): JsonValue[] {
  return keyword === 'const' ? [params['allowedValue']] : keyword === 'enum' ? params['allowedValues'] : []
}

function typesIn(error: ErrorObject): string[] {
  const { type } = error.params
  return Array.isArray(type) ? type.map(String) : String(type).split(',')
}

function toViolation(error: ErrorObject, root: unknown, prefix: string): Violation {
  const isMissing = error.keyword === 'required' || error.keyword === 'dependentRequired'
  const path = [...toPath(error.instancePath), ...(isMissing ? [String(error.params['missingProperty'])] : [])]
  const param = toParam(prefix, path)
  const value = path.reduce<unknown>(
    (at, key) => (Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  )
  if (isMissing) return { param, reason: 'missing', value, message: `Missing required parameter: '${param}'.` }
  if (error.keyword !== 'type')
    return { param, reason: 'value', value, message: `Invalid value for '${param}': ${ruleOf(error)}.` }
  const expected = typesIn(error).map(withArticle).join(' or ')
  const message = `Invalid type for '${param}': expected ${expected}, but got ${nameOf(value)} instead.`
  return { param, reason: 'type', value, message }
}

/** Writes a path as clients know it: `messages[0].content`. Names are cut to 64 characters. */
export function toParam(prefix: string, path: readonly string[]): string {
  const joined = path.reduce(
    (text, key) =>
      /^\d+$/.test(key) ? `${text}[${key}]` : text === '' ? key.slice(0, 64) : `${text}.${key.slice(0, 64)}`,
    prefix,
  )
  return joined === '' ? 'body' : joined
}

function ruleOf({ keyword, message, params }: ErrorObject): string {
  const limit = String(params['limit'])
  const plural = limit === '1' ? '' : 's'
  const rules: Readonly<Record<string, () => string>> = {
    enum: () => `supported values are ${listed(params['allowedValues'])}`,
    const: () => `it must be ${JSON.stringify(params['allowedValue'])}`,
    additionalProperties: () => `it must not have the field '${String(params['additionalProperty']).slice(0, 64)}'`,
    not: () => 'this value is not allowed here',
    minItems: () => `it must have at least ${limit} item${plural}`,
    maxItems: () => `it must have at most ${limit} item${plural}`,
    minLength: () => `it must have at least ${limit} character${plural}`,
    maxLength: () => `it must have at most ${limit} character${plural}`,
    minimum: () => `it must be at least ${limit}`,
    maximum: () => `it must be at most ${limit}`,
  }
  return rules[keyword]?.() ?? message ?? `it violates the rule '${keyword}'`
}

function listed(values: readonly JsonValue[]): string {
  const first = values.slice(0, MAX_ALTERNATIVES)
  const texts = first.map((value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value)))
  const rest = values.length - first.length
  return `${texts.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function withArticle(type: string): string {
  return type === 'null' ? 'null' : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number'
  return withArticle(typeof value)
}
