import type { JsonObject } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Operation } from '../openapi/operation.ts'
import { bodySchemaOf } from '../openapi/operation.ts'
import { deref, escapePointer, valueAt } from '../openapi/json-pointer.ts'

interface Place {
  readonly pointer: string
  readonly schema: JsonObject
}

// A schema and all that it is composed of, each with the JSON pointer at which it stands.
function composedAt(document: JsonObject, pointer: string, seen: Set<string> = new Set()): Place[] {
  const place = deref(document, valueAt(document, pointer) ?? null, pointer)
  if (!isObject(place.value) || seen.has(place.pointer)) return []
  seen.add(place.pointer)
  const schema = place.value
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = schema[key]
    return Array.isArray(list) ? list.map((_branch, i) => `${place.pointer}/${key}/${i}`) : []
  })
  return [{ pointer: place.pointer, schema }, ...branches.flatMap((branch) => composedAt(document, branch, seen))]
}

/** Where the contract speaks of what `messages[].role` names: the JSON pointer of the innermost schema that is found. */
export function locate(document: JsonObject, operation: Operation, param: string): string | undefined {
  const keys = param === 'body' ? [] : param.replaceAll('[]', '.[]').split('.').filter(Boolean)
  const body = bodySchemaOf(operation)
  const parameter = operation.parameters.find(({ name }) => name === keys[0])
  const start =
    body === undefined || (parameter !== undefined && !operation.fields.includes(parameter.name))
      ? parameter?.schema
      : body
  if (start === undefined) return operation.body?.pointer
  let pointers = [start]
  for (const key of start === body ? keys : keys.slice(1)) {
    const next = pointers.flatMap((pointer) => composedAt(document, pointer)).flatMap((place) => childOf(place, key))
    if (next.length === 0) break
    pointers = next
  }
  return pointers[0]
}

function childOf({ pointer, schema }: Place, key: string): string[] {
  if (key === '[]') return isObject(schema['items']) ? [`${pointer}/items`] : []
  return isObject(schema['properties']) && Object.hasOwn(schema['properties'], key)
    ? [`${pointer}/properties/${escapePointer(key)}`]
    : []
}
