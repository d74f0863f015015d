import { type JsonValue, isObject } from '../util/json.ts'
import type { GatewayBuild } from './build.ts'

/** A Go struct and the structs of its fields. */
interface Target extends Pick<GatewayBuild, 'request' | 'structs'> {
  /** The package of the struct. */
  readonly from?: string
}

/** A place in a value that is decoded: the innermost Go struct, and the path from the outermost one. */
interface Place {
  readonly struct: string
  readonly path: readonly string[]
  readonly structs: Target['structs']
}

/**
 * Why Go cannot decode a value into a struct: the message of encoding/json about the first wrong type, or undefined.
 * Names of fields must have the same case, although Go also accepts another one.
 */
export function decodeFault(value: JsonValue, { request, structs, from = 'dto' }: Target): string | undefined {
  return isObject(value) || value === null
    ? structFault(value, { struct: request, path: [], structs })
    : `json: cannot unmarshal ${kindOf(value)} into Go value of type ${from}.${request}`
}

function structFault(value: JsonValue, place: Place): string | undefined {
  const fields = new Map(Object.entries(place.structs[place.struct] ?? {}))
  return firstOf(Object.entries(value ?? {}), ([name, inner]: [string, JsonValue]) => {
    const type = fields.get(name)
    return type === undefined ? undefined : fieldFault(inner, type, { ...place, path: [...place.path, name] })
  })
}

function fieldFault(value: JsonValue, type: string, place: Place): string | undefined {
  if (value === null) return undefined
  const struct = /^dto\.(\w+)$/.exec(type)?.[1]
  if (type.startsWith('[]') && Array.isArray(value))
    return firstOf(value, (item: JsonValue) => fieldFault(item, type.slice(2), place))
  if (struct !== undefined && isObject(value)) return structFault(value, { ...place, struct })
  const found = SCALARS[type]?.(value) ?? kindOf(value)
  return found === ''
    ? undefined
    : `json: cannot unmarshal ${found} into Go struct field ${place.struct}.${place.path.join('.')} of type ${type}`
}

function firstOf<T>(items: readonly T[], fault: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item)
    if (found !== undefined) return found
  }
  return undefined
}

// What is wrong with a value of each type: empty if nothing is, undefined if it has another kind.
const SCALARS: Readonly<Record<string, (value: JsonValue) => string | undefined>> = {
  string: (value) => (typeof value === 'string' ? '' : undefined),
  bool: (value) => (typeof value === 'boolean' ? '' : undefined),
  float64: (value) => (typeof value === 'number' ? '' : undefined),
  int: (value) => wholeFault(value, -(2 ** 63)),
  uint: (value) => wholeFault(value, 0),
}

// Go names a number that does not fit.
function wholeFault(value: JsonValue, least: number): string | undefined {
  if (typeof value !== 'number') return undefined
  return Number.isInteger(value) && value >= least && value < 2 ** 63 ? '' : `number ${value}`
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
