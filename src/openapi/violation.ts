import type { ErrorObject } from 'ajv'
import type { JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { unescapePointer } from './json-pointer.ts'

/** One thing that is wrong with a request, in words for the client. */
export interface Violation {
  /** Where: `messages[0].content`, or a parameter's name. */
  readonly param: string
  readonly message: string
  readonly reason: 'missing' | 'type' | 'value'
  /** What stands there; undefined where nothing does. */
  readonly value: unknown
}

/** How many alternatives of an enum a message lists. */
const MAX_ALTERNATIVES = 30

/** How many faults are put into words; of more, the last one stands for the rest, so that they are counted. */
const MAX_WORDED = 1000

/** ajv's errors as Faults: one for each place and cause, an `anyOf` condensed to the branch that was meant. */
export function toViolations(errors: readonly ErrorObject[], value: unknown, prefix = ''): Violation[] {
  const condensed = condense(errors)
  const faults = condensed.slice(0, MAX_WORDED).map((error) => toViolation(error, value, prefix))
  const distinct = [...new Map(faults.map((fault) => [`${fault.param}\n${fault.message}`, fault])).values()]
  const last = distinct.at(-1)
  return last === undefined ? [] : distinct.concat(Array.from({ length: condensed.length - faults.length }, () => last))
}

// ajv reports the errors of every branch of a union, then the union's own: from left to right, the inner ones come first.
function condense(errors: readonly ErrorObject[]): ErrorObject[] {
  const told: ErrorObject[] = []
  for (const error of errors) {
    if (error.keyword === 'if') continue
    const start = isUnion(error) ? told.findLastIndex((other) => startsBranch(other, error, true)) : -1
    const meant = start === -1 ? [error] : branchMeant(branchesOf(told.splice(start), error), error)
    for (const one of meant) told.push(one) // not spread: there may be more of them than a call has room for
  }
  return told
}

function isUnion(error: ErrorObject): boolean {
  return error.keyword === 'anyOf' || error.keyword === 'oneOf'
}

function startsBranch(error: ErrorObject, union: ErrorObject, first = false): boolean {
  return error.instancePath === union.instancePath && isBoundary(error.schemaPath, union.schemaPath, first)
}

function branchesOf(errors: readonly ErrorObject[], union: ErrorObject): ErrorObject[][] {
  const branches: ErrorObject[][] = []
  for (const error of errors) {
    if (startsBranch(error, union)) branches.push([])
    else branches.at(-1)?.push(error)
  }
  return branches
}

// The branch whose type fits, and of several the one whose tag fits: `type: {enum: [text]}`.
function branchMeant(branches: readonly ErrorObject[][], union: ErrorObject): ErrorObject[] {
  if (Array.isArray(union.params['passingSchemas']))
    return [{ ...union, message: 'it fits more than one of the allowed forms' }]
  const ofType = branches.filter((branch) => !branch.some((error) => isOfOtherType(error, union)))
  if (ofType.length === 0) {
    const types = branches
      .flat()
      .filter((error) => isOfOtherType(error, union))
      .flatMap(typesIn)
    return [{ ...union, keyword: 'type', params: { type: [...new Set(types)] } }]
  }
  const isTag = (error: ErrorObject): boolean =>
    tagsIn(error).length === 1 && error.instancePath.lastIndexOf('/') === union.instancePath.length
  const ofTag = ofType.filter((branch) => !branch.some(isTag))
  const [only = [], ...others] = ofTag.length > 0 ? ofTag : ofType
  if (others.length === 0) return only
  const common = only.filter((error) => others.every((branch) => branch.some((other) => isSame(error, other))))
  if (common.length > 0) return common
  return ofTag.length === 0
    ? withTags(ofType.flat().filter(isTag))
    : [{ ...union, message: formsOf([only, ...others], union) }]
}

function isOfOtherType(error: ErrorObject, union: ErrorObject): boolean {
  return error.keyword === 'type' && error.instancePath === union.instancePath
}

function isSame(a: ErrorObject, b: ErrorObject): boolean {
  return (
    a.keyword === b.keyword &&
    a.instancePath === b.instancePath &&
    JSON.stringify(a.params) === JSON.stringify(b.params)
  )
}

function tagsIn({ keyword, params }: ErrorObject): JsonValue[] {
  return keyword === 'const' ? [params['allowedValue']] : keyword === 'enum' ? params['allowedValues'] : []
}

// Where every branch wants another tag, the tag is what is wrong: one error that lists them all.
function withTags(errors: readonly ErrorObject[]): ErrorObject[] {
  const [first] = errors
  const values = errors.filter((error) => error.instancePath === first?.instancePath).flatMap(tagsIn)
  return first === undefined ? [] : [{ ...first, keyword: 'enum', params: { allowedValues: [...new Set(values)] } }]
}

// Branches that nothing tells apart: their rules, where they are about this place alone.
function formsOf(branches: readonly ErrorObject[][], union: ErrorObject): string {
  const isHere = branches.flat().every((error) => error.instancePath === union.instancePath)
  return isHere
    ? branches.map((branch) => branch.map(ruleOf).join(' and ')).join(', or ')
    : 'it fits none of the allowed forms'
}

function typesIn(error: ErrorObject): string[] {
  const { type } = error.params
  return Array.isArray(type) ? type.map(String) : String(type).split(',')
}

function toViolation(error: ErrorObject, root: unknown, prefix: string): Violation {
  const missing =
    error.keyword === 'required' || error.keyword === 'dependentRequired'
      ? String(error.params['missingProperty'])
      : undefined
  const path = [
    ...error.instancePath.split('/').slice(1).map(unescapePointer),
    ...(missing === undefined ? [] : [missing]),
  ]
  const param = toParam(prefix, path)
  const value = path.reduce<unknown>(
    (at, key) => (Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    root,
  )
  if (missing !== undefined)
    return { param, reason: 'missing', value, message: `Missing required parameter: '${param}'.` }
  if (error.keyword === 'type') {
    return {
      param,
      reason: 'type',
      value,
      message: `Invalid type for '${param}': expected ${typesIn(error).map(withArticle).join(' or ')}, but got ${nameOf(value)} instead.`,
    }
  }
  return { param, reason: 'value', value, message: `Invalid value for '${param}': ${ruleOf(error)}.` }
}

function toParam(prefix: string, path: readonly string[]): string {
  const joined = path.reduce(
    (text, key) =>
      /^\d+$/.test(key) ? `${text}[${key}]` : text === '' ? key.slice(0, 64) : `${text}.${key.slice(0, 64)}`,
    prefix,
  )
  return joined === '' ? 'body' : joined
}

function ruleOf(error: ErrorObject): string {
  const { params } = error
  if (error.keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    const values: JsonValue[] = params['allowedValues']
    const listed = values
      .slice(0, MAX_ALTERNATIVES)
      .map((value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value)))
    return `supported values are ${listed.join(', ')}${values.length > MAX_ALTERNATIVES ? ` and ${values.length - MAX_ALTERNATIVES} more` : ''}`
  }
  if (error.keyword === 'additionalProperties')
    return `it must not have the field '${String(params['additionalProperty']).slice(0, 64)}'`
  if (error.keyword === 'const') return `it must be ${JSON.stringify(params['allowedValue'])}`
  const limit = LIMITS[error.keyword]
  return limit === undefined ? (error.message ?? `it breaks the rule ${error.keyword}`) : limit(String(params['limit']))
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  minItems: (limit) => `it needs at least ${limit} ${limit === '1' ? 'item' : 'items'}`,
  maxItems: (limit) => `it may have at most ${limit} ${limit === '1' ? 'item' : 'items'}`,
  minLength: (limit) => `it needs at least ${limit} ${limit === '1' ? 'character' : 'characters'}`,
  maxLength: (limit) => `it may have at most ${limit} ${limit === '1' ? 'character' : 'characters'}`,
  minimum: (limit) => `it must be at least ${limit}`,
  maximum: (limit) => `it must be at most ${limit}`,
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

// Whether an error of ajv's stands for a boundary of the union at `union`, as withBoundaries sets them before each branch; `first`: for the first one.
function isBoundary(schemaPath: string, union: string, first = false): boolean {
  if (!schemaPath.startsWith(`${union}/`) || !schemaPath.endsWith('/false schema')) return false
  const index = schemaPath.slice(union.length + 1, -'/false schema'.length)
  return first ? index === '0' : /^\d*[02468]$/.test(index)
}
