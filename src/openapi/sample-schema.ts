import * as openapiSampler from 'openapi-sampler'
import { type JsonObject, isObject } from '../util/json.ts'

/** Maximum number of values in a sample. */
const MAX_VALUES = 10_000
/** Maximum number of characters in the strings of a sample. */
const MAX_CHARACTERS = 1_048_576

type Sampler = (schema: JsonObject, ...rest: readonly unknown[]) => unknown
type Samplers = Readonly<Record<'array' | 'object' | 'string', Sampler>>

/** What may still be added to a sample. */
interface Left {
  values: number
  characters: number
}

// openapi-sampler exports its samplers of the JSON types, but has no types for them.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { sample, _samplers: samplers } = openapiSampler as typeof openapiSampler & { readonly _samplers: Samplers }

/** A sample of a schema. It is cut if the schema requires more than 10,000 values or 1,048,576 characters. */
export function sampleSchema(
  schema: JsonObject,
  document: JsonObject,
): { readonly value: unknown; readonly isCut: boolean } {
  const left = { values: MAX_VALUES, characters: MAX_CHARACTERS }
  const originals = { ...samplers }
  Object.assign(samplers, boundSamplers(originals, left)) // until the sample is made: others may use this library too
  try {
    const value = sample(schema, { quiet: true, skipWriteOnly: true }, document)
    const leftOfExamples = { values: MAX_VALUES, characters: MAX_CHARACTERS }
    const cut = cutValue(value, leftOfExamples)
    return { value: cut, isCut: [left, leftOfExamples].some((one) => one.values < 0 || one.characters < 0) }
  } finally {
    Object.assign(samplers, originals)
  }
}

function boundSamplers({ array, object, string }: Samplers, left: Left): Samplers {
  return {
    array: (schema, ...rest) => {
      const length = numberIn(schema, 'minItems') ?? 1
      const minItems = Math.min(length, Math.max(0, left.values))
      left.values -= length
      return minItems < length && minItems === 0 ? [] : array({ ...schema, minItems }, ...rest)
    },
    object: (schema, ...rest) => {
      const { properties } = schema
      left.values -= isObject(properties) ? Object.keys(properties).length : 1
      return left.values < 0 ? {} : object(schema, ...rest)
    },
    string: (schema, ...rest) => {
      const length = numberIn(schema, 'minLength') ?? 0
      const minLength = Math.min(length, Math.max(0, left.characters))
      left.characters -= length
      return string({ ...schema, minLength }, ...rest)
    },
  }
}

function numberIn(schema: JsonObject, keyword: string): number | undefined {
  const value = schema[keyword]
  return typeof value === 'number' ? value : undefined
}

// Examples inside of a schema are used as they are, and as often as it requires.
function cutValue(value: unknown, left: Left): unknown {
  if (typeof value === 'string') left.characters -= value.length
  if (typeof value !== 'object' || value === null) return value
  const kept: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    left.values--
    if (left.values < 0 || left.characters < 0) break
    kept.push([name, cutValue(member, left)])
  }
  return Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept)
}
