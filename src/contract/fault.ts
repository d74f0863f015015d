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

// ajv reports the errors of every branch, then the anyOf's own. Outermost anyOf first, since it decides which branches count.
function condense(errors: readonly ErrorObject[]): ErrorObject[] {
  const union = errors.findLast(isUnion)
  if (union === undefined) return errors.filter((error) => error.keyword !== 'if')
  const end = errors.indexOf(union)
  let start = end
  while (start > 0 && isInside(errors[start - 1], union)) start--
  const branches = branchesOf(errors.slice(start, end), union)
  return [...condense(errors.slice(0, start)), ...branchMeant(branches, union), ...condense(errors.slice(end + 1))]
}

function isUnion(error: ErrorObject): boolean {
  return (error.keyword === 'anyOf' || error.keyword === 'oneOf') && error.params['passingSchemas'] == null
}

function isInside(error: ErrorObject | undefined, union: ErrorObject): boolean {
  return error !== undefined && `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
}

// A branch's errors follow one another, and ajv names the schema that each began in. A $ref'd branch has another schemaPath: it is told apart by order.
function branchesOf(errors: readonly ErrorObject[], union: ErrorObject): ErrorObject[][] {
  const branches: ErrorObject[][] = []
  let last: string | undefined
  for (const error of errors) {
    const branch = error.schemaPath.startsWith(union.schemaPath) ? error.schemaPath.slice(union.schemaPath.length).split('/')[1] : error.schemaPath.split('/').slice(0, -1).join('/')
    if (branch !== last || branches.length === 0) branches.push([])
    branches.at(-1)?.push(error)
    last = branch
  }
  return branches
}

function branchMeant(branches: readonly ErrorObject[][], union: ErrorObject): ErrorObject[] {
  const ofType = branches.filter((branch) => !branch.some((error) => error.keyword === 'type' && error.instancePath === union.instancePath))
  const meant = ofType.filter((branch) => !branch.some((error) => ['enum', 'const'].includes(error.keyword) && error.instancePath !== union.instancePath))
  if (ofType.length === 0) {
    const types = branches.flat().filter((error) => error.keyword === 'type' && error.instancePath === union.instancePath).flatMap((error) => typesIn(error))
    return [{ ...union, keyword: 'type', params: { type: [...new Set(types)] } }]
  }
  const [only] = meant.length === 1 ? meant : ofType
  return (meant.length === 1 || ofType.length === 1) && only !== undefined ? condense(only) : [union]
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
