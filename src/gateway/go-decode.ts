import { type JsonValue, isObject } from '../util/json.ts'
import type { GatewayBuild } from './build.ts'
import { numberLiterals } from './number-literals.ts'

/** A Go struct and the structs of its fields. */
interface Target extends Pick<GatewayBuild, 'request' | 'structs'> {
  /** The package of the struct. */
  readonly from?: string
}

/** A JSON value and its text. */
interface Decoded {
  readonly value: JsonValue | undefined
  readonly bytes: Buffer
}

/** A place in a value that is decoded: the innermost Go struct, and the path from the outermost one. */
interface Place {
  readonly struct: string
  readonly path: readonly string[]
  readonly structs: Target['structs']
  /** The number of a field of the outermost struct, as it is written. Other structs have no numbers. */
  readonly literalOf: (name: string) => string | undefined
}

/**
 * Why Go cannot decode a value into a struct: the message of encoding/json about the first wrong type, or undefined.
 * Names of fields must have the same case, although Go also accepts another one.
 */
export function decodeFault({ value = null, bytes }: Decoded, target: Target): string | undefined {
  const { request, structs, from = 'dto' } = target
  let literals: ReadonlyMap<string, string> | undefined // read for the first number only
  const literalOf = (name: string): string | undefined => (literals ??= numberLiterals(bytes)).get(name)
  return isObject(value) || value === null
    ? structFault(value, { struct: request, path: [], structs, literalOf })
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
  const found = scalarFault(value, type, place) ?? kindOf(value)
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

// What is wrong with a value: empty if nothing is, undefined if it has another kind. Go names a number that does not fit.
function scalarFault(value: JsonValue, type: string, { path, literalOf }: Place): string | undefined {
  const fits = NUMBERS[type]
  if (fits === undefined) return typeof value === SCALARS[type] ? '' : undefined
  if (typeof value !== 'number') return undefined
  const literal = literalOf(path.at(-1) ?? '') ?? String(value)
  return fits(literal) ? '' : `number ${literal.slice(0, MAX_LITERAL)}`
}

const MAX_LITERAL = 256 // characters of a number that an error repeats

const SCALARS: Readonly<Record<string, string>> = { string: 'string', bool: 'boolean' }

// Whether a number fits, as it is written: 1.0 is not an integer.
const NUMBERS: Readonly<Record<string, (literal: string) => boolean>> = {
  float64: (literal) => Number.isFinite(Number(literal)),
  int: (literal) => /^-?\d{1,19}$/.test(literal) && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal),
  uint: (literal) => /^\d{1,20}$/.test(literal) && BigInt.asUintN(64, BigInt(literal)) === BigInt(literal),
}

function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
