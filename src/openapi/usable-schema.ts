import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { composedOf, deref, pointerOf, valueAt } from './json-pointer.ts'
import { faultIn, isRestricting, isUnknown, schemasIn } from './keywords.ts'
import { isVersion30, withBounds, withNull } from './normalize-schema.ts'

/** What the value is: a request has no properties that are read-only, a response none that are write-only. */
export type Direction = 'request' | 'response'

/** Where a schema is. */
export interface SchemaContext {
  readonly document: JsonObject
  readonly direction: Direction
  /** Called for each keyword that is ignored. `path` is that of the keyword in the schema. */
  readonly onFault?: (path: readonly string[], message: string) => void
}

/**
 * A schema as JSON Schema for ajv, without the keywords that cannot be used. Its `$ref`s are kept: what they point to
 * is converted separately, on first use. Each branch of a union has a boundary before it: see `violation.ts`.
 */
export function toUsableSchema(schema: JsonValue, context: SchemaContext): JsonObject | boolean {
  return convert(schema, [], { ...context, is30: isVersion30(context.document), around: NONE })
}

interface Converting extends SchemaContext {
  readonly is30: boolean
  /** The properties that the schemas around this branch hide. */
  readonly around: ReadonlySet<string>
}

function convert(schema: JsonValue, path: readonly string[], context: Converting): JsonObject | boolean {
  if (typeof schema === 'boolean') return schema
  if (!isObject(schema)) {
    context.onFault?.(path, 'must be a schema')
    return true
  }
  const { is30 } = context
  const hidden = hiddenIn(schema, context)
  const result: Record<string, JsonValue> = {}
  const reference = referenceIn(schema, context)
  if (reference !== undefined) result['$ref'] = reference
  const isOnlyReference = is30 && typeof schema['$ref'] === 'string'
  for (const [keyword, value] of Object.entries(schema)) {
    if (isOnlyReference && keyword !== 'nullable') continue
    const at = [...path, keyword]
    const fault = faultIn(keyword, value, is30)
    if (fault !== undefined) context.onFault?.(at, fault)
    else if (isRestricting(keyword, is30)) result[keyword] = convertKeyword(keyword, value, { at, hidden, context })
    else if (isUnknown(keyword, is30)) context.onFault?.(at, `OpenAPI ${is30 ? '3.0' : '3.1'} has no such keyword`)
  }
  return is30 ? withNull(withBounds(result), BOUNDARY) : result
}

interface Inside {
  readonly at: readonly string[]
  readonly hidden: ReadonlySet<string>
  readonly context: Converting
}

function convertKeyword(keyword: string, value: JsonValue, { at, hidden, context }: Inside): JsonValue {
  const isBranch = keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf'
  const kind = schemasIn(keyword, context.is30)
  if (kind === 'one') return convert(value, at, { ...context, around: NONE })
  if (kind === 'list' && Array.isArray(value)) {
    const inside = { ...context, around: isBranch ? hidden : NONE }
    const schemas = value.map((item: JsonValue, i) => convert(item, [...at, String(i)], inside))
    return keyword === 'anyOf' || keyword === 'oneOf' ? schemas.flatMap((branch) => [...BOUNDARY, branch]) : schemas
  }
  if (kind === 'named' && isObject(value)) return convertNamed(keyword, value, { at, hidden, context })
  if (keyword === 'required' && Array.isArray(value)) return value.filter((name) => !hidden.has(String(name)))
  return value
}

function convertNamed(keyword: string, value: JsonObject, { at, context }: Inside): JsonObject {
  const entries = Object.entries(value).flatMap(([name, item]): [string, JsonValue][] => {
    const fault = keyword === 'patternProperties' ? faultIn('pattern', name, context.is30) : undefined
    if (fault !== undefined) context.onFault?.([...at, name], fault)
    return fault === undefined ? [[name, convert(item, [...at, name], { ...context, around: NONE })]] : []
  })
  return Object.fromEntries(entries)
}

const NONE: ReadonlySet<string> = new Set()
const BOUNDARY = [false] as const

// A reference to nothing, which was reported already, accepts any value.
function referenceIn(schema: JsonObject, { document }: Converting): string | undefined {
  const reference = schema['$ref'] ?? schema['$dynamicRef']
  const pointer = typeof reference === 'string' ? pointerOf(reference) : undefined
  return pointer === undefined || valueAt(document, pointer) === undefined ? undefined : pointer
}

// The properties that are not in values of this direction, also if `required` is in another branch of an allOf.
function hiddenIn(schema: JsonObject, { document, direction, around }: Converting): ReadonlySet<string> {
  const flag = direction === 'request' ? 'readOnly' : 'writeOnly'
  const parts = schema['allOf'] === undefined ? [schema] : composedOf(document, schema)
  const names = parts.flatMap(({ properties }) =>
    isObject(properties)
      ? Object.entries(properties).flatMap(([name, property]) => (isHidden(document, property, flag) ? [name] : []))
      : [],
  )
  return names.length === 0 ? around : new Set([...around, ...names])
}

function isHidden(document: JsonObject, property: JsonValue, flag: string): boolean {
  if (isObject(property) && property[flag] === true) return true
  const { value } = deref(document, property, '')
  return isObject(value) && value[flag] === true
}
