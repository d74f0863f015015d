import type { JsonObject, JsonValue } from '../util/json-value.ts'

/** The JSON types that a schema allows for the value itself, without its branches; empty if it does not say. */
export function typesOf({ type, nullable, const: constant, enum: values, ...schema }: JsonObject): string[] {
  if (typeof type === 'string') return nullable === true ? [type, 'null'] : [type]
  if (Array.isArray(type)) return type.filter((item): item is string => typeof item === 'string')
  const named = [constant ?? [], values ?? []].flat().map(typeOfValue)
  if (named.length > 0) return named
  if (schema['properties'] !== undefined || schema['additionalProperties'] !== undefined) return ['object']
  return schema['items'] === undefined ? [] : ['array']
}

function typeOfValue(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
