import type { ErrorObject } from 'ajv'
import type { JsonValue } from './json.ts'
import { isObject } from './json.ts'
import { unescapePointer } from './pointer.ts'

/** One thing that is wrong with a request, in words for the client. */
export interface Fault {
  /** Where: `messages[0].content`, or a parameter's name. */
  readonly param: string
  readonly message: string
  readonly reason: 'missing' | 'type' | 'value'
  /** What stands there; undefined where nothing does. */
  readonly value: unknown
}

/** How many alternatives of an enum a message lists. */
const MAX_ALTERNATIVES = 30

/** ajv's errors as Faults: one for each place and cause, an `anyOf` condensed to the branch that was meant. */
export function toFaults(errors: readonly ErrorObject[], value: unknown, prefix = ''): Fault[] {
  const faults = condense(errors).map((error) => toFault(error, value, prefix))
  return [...new Map(faults.map((fault) => [`${fault.param}\n${fault.message}`, fault])).values()]
}

// ajv reports the errors of every branch of an anyOf, then the anyOf's own: from left to right, the inner ones come first.
function condense(errors: readonly ErrorObject[]): ErrorObject[] {
  const told: ErrorObject[] = []
  for (const error of errors) {
    if (error.keyword === 'if') continue
    if (!isUnion(error)) {
      told.push(error)
      continue
    }
    let start = told.length
    while (start > 0 && isInside(told[start - 1], error)) start--
    told.push(...branchMeant(branchesOf(told.splice(start), error), error))
  }
  return told
}

// A oneOf that two branches fit failed without any branch failing.
function isUnion(error: ErrorObject): boolean {
  return (error.keyword === 'anyOf' || error.keyword === 'oneOf') && !Array.isArray(error.params['passingSchemas'])
}

function isInside(error: ErrorObject | undefined, union: ErrorObject): boolean {
  return error !== undefined && `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
}

// Errors behind a $ref do not say which branch they belong to. Every branch has failed: where a number is missing, they are its.
function branchesOf(errors: readonly ErrorObject[], union: ErrorObject): ErrorObject[][] {
  const branches = new Map<string, ErrorObject[]>()
  const numberOf = (error: ErrorObject | undefined): number | undefined =>
    error?.schemaPath.startsWith(`${union.schemaPath}/`) === true ? Number(error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]) : undefined
  let last = -1
  errors.forEach((error, i) => {
    const number = numberOf(error)
    const next = errors.slice(i).map(numberOf).find((later) => later !== undefined)
    const isNext = last < 0 || (next === undefined ? branches.get(String(last))?.some((other) => isOfOtherType(other, union)) === true : next > last + 1)
    const key = number !== undefined ? String(number) : isNext ? `${last + 1} ${error.schemaPath.split('/').slice(0, 4).join('/')}` : String(last)
    branches.set(key, [...(branches.get(key) ?? []), error])
    last = number ?? last
  })
  return [...branches.values()]
}

function isOfOtherType(error: ErrorObject, union: ErrorObject): boolean {
  return error.keyword === 'type' && error.instancePath === union.instancePath
}

// The branch whose type fits, and of several the one whose `type: {enum: [text]}` fits.
function branchMeant(branches: readonly ErrorObject[][], union: ErrorObject): ErrorObject[] {
  const ofType = branches.filter((branch) => !branch.some((error) => isOfOtherType(error, union)))
  if (ofType.length === 0) {
    const types = branches.flat().filter((error) => isOfOtherType(error, union)).flatMap(typesIn)
    return [{ ...union, keyword: 'type', params: { type: [...new Set(types)] } }]
  }
  const isTag = (error: ErrorObject): boolean => (error.keyword === 'enum' || error.keyword === 'const') && error.instancePath !== union.instancePath
  const meant = ofType.filter((branch) => !branch.some(isTag))
  const [only, ...others] = meant.length > 0 ? meant : ofType
  if (only !== undefined && others.length === 0) return only
  return meant.length === 0 ? tagsOf(ofType.flat().filter(isTag)) : [union]
}

// Where every branch wants another tag, the tag is what is wrong: one error that lists them all.
function tagsOf(errors: readonly ErrorObject[]): ErrorObject[] {
  const [first] = errors
  const values = errors.filter((error) => error.instancePath === first?.instancePath).flatMap((error) => error.params['allowedValues'] ?? [error.params['allowedValue']])
  return first === undefined ? [] : [{ ...first, keyword: 'enum', params: { allowedValues: values } }]
}

function typesIn(error: ErrorObject): string[] {
  const { type } = error.params
  return Array.isArray(type) ? type.map(String) : String(type).split(',')
}

function toFault(error: ErrorObject, root: unknown, prefix: string): Fault {
  const missing = error.keyword === 'required' || error.keyword === 'dependentRequired' ? String(error.params['missingProperty']) : undefined
  const path = [...error.instancePath.split('/').slice(1).map(unescapePointer), ...(missing === undefined ? [] : [missing])]
  const param = toParam(prefix, path)
  const value = path.reduce<unknown>((at, key) => (Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), root)
  if (missing !== undefined) return { param, reason: 'missing', value, message: `Missing required parameter: '${param}'.` }
  if (error.keyword === 'type') {
    return { param, reason: 'type', value, message: `Invalid type for '${param}': expected ${typesIn(error).map(withArticle).join(' or ')}, but got ${nameOf(value)} instead.` }
  }
  return { param, reason: 'value', value, message: `Invalid value for '${param}': ${ruleOf(error)}.` }
}

function toParam(prefix: string, path: readonly string[]): string {
  const joined = path.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : text === '' ? key.slice(0, 64) : `${text}.${key.slice(0, 64)}`), prefix)
  return joined === '' ? 'body' : joined
}

function ruleOf(error: ErrorObject): string {
  const { params } = error
  if (error.keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    const values: JsonValue[] = params['allowedValues']
    const listed = values.slice(0, MAX_ALTERNATIVES).map((value) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value)))
    return `supported values are ${listed.join(', ')}${values.length > MAX_ALTERNATIVES ? ` and ${values.length - MAX_ALTERNATIVES} more` : ''}`
  }
  if (error.keyword === 'additionalProperties') return `it must not have the field '${String(params['additionalProperty']).slice(0, 64)}'`
  if (isUnion(error)) return 'it fits none of the allowed forms'
  return error.message ?? `it breaks the rule ${error.keyword}`
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
