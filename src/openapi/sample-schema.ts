import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { deref, valueAt } from './json-pointer.ts'
import type { Validators } from './lazy-validators.ts'
import { lastSteps } from './limited-effort.ts'
import { type MergedSchema, mergeSchemas, typesToSample } from './merge-schema.ts'
import { dependents, isHidden, otherPointers, patternPointers, patternProperties } from './sample-properties.ts'
import { SampleBudget, cutSample } from './sample-budget.ts'
import { samplePattern } from './sample-pattern.ts'
import { ANYTHING, sampleNumbers, sampleTexts } from './sample-scalar.ts'

/** Objects that are nested deeper have only their required properties. */
const MAX_DEPTH = 7
/** Maximum number of branches of a union that are tried. */
const MAX_BRANCHES = 10
/** Maximum number of schemas that are sampled, with those of branches that do not match in the end. */
const MAX_ATTEMPTS = 15_000
/** Maximum number of steps of validation. After them, values are not validated any more. */
const MAX_STEPS = 500_000

/** A sample of a schema. */
export interface SchemaSample {
  readonly value: JsonValue
  /** Whether it is cut, because the schema requires more than 10,000 values or 1,048,576 characters. */
  readonly isCut: boolean
  /** Whether it matches the schema. */
  readonly isValid: boolean
}

/**
 * Creates a sample of the schema at a JSON pointer: always the same one. It has all properties that can be sampled, and
 * prefers the examples and defaults of the schemas inside. Each part is compared with its schema.
 * If it is dynamic, it has values of the types and no examples.
 */
export function sampleSchema(
  document: JsonObject,
  pointer: string,
  { validators, isDynamic }: { readonly validators: Validators; readonly isDynamic: boolean },
): SchemaSample {
  const sampler = new Sampler(document, validators, isDynamic)
  const own = isDynamic ? undefined : ownExample(document, pointer)
  const left = new SampleBudget()
  const value = cutSample(own ?? sampler.sample([pointer], START) ?? null, left)
  const isCut = sampler.isCut || left.isExceeded
  return { value, isCut, isValid: own !== undefined || isCut || (validators.get(pointer)?.(value) ?? true) }
}

// The example of the schema itself is used as it is.
function ownExample(document: JsonObject, pointer: string): JsonValue | undefined {
  const { value } = deref(document, valueAt(document, pointer) ?? null, pointer)
  if (!isObject(value)) return undefined
  const { example, examples } = value
  return example ?? (Array.isArray(examples) ? examples[0] : undefined)
}

/** Where a value is in the sample. */
interface At {
  /** The schemas of the values around it. */
  readonly active: ReadonlySet<string>
  readonly depth: number
  /** Selects another value than for other items of a list whose items must differ. */
  readonly index: number
  readonly isRequired: boolean
  readonly isMinimal: boolean
  /** How often a schema that contains itself was repeated. */
  readonly repeats: number
  /** The unions and conditions whose branch is chosen. */
  readonly chosen: ReadonlySet<string>
}

const START: At = {
  active: new Set(),
  depth: 0,
  index: 0,
  isRequired: true,
  isMinimal: false,
  repeats: 0,
  chosen: new Set(),
}

class Sampler {
  readonly #document: JsonObject
  readonly #validators: Validators
  /** Whether examples and defaults are not used. */
  readonly #isDynamic: boolean
  readonly #left = new SampleBudget()
  #attempts = MAX_ATTEMPTS
  #steps = MAX_STEPS

  constructor(document: JsonObject, validators: Validators, isDynamic: boolean) {
    this.#isDynamic = isDynamic
    this.#document = document
    this.#validators = validators
  }

  get isCut(): boolean {
    return this.#left.isExceeded
  }

  /** A value for all schemas at these pointers; undefined if it would contain itself without end. */
  sample(pointers: readonly string[], at: At): JsonValue | undefined {
    if (this.#attempts-- < 0) return undefined
    const merged = mergeSchemas(this.#document, pointers)
    const isRepeated = merged.pointers.some((pointer) => at.active.has(pointer))
    if (isRepeated && (!at.isRequired || at.repeats > 0)) return undefined
    const inside: At = {
      ...at,
      active: new Set([...at.active, ...merged.pointers]),
      isMinimal: at.isMinimal || isRepeated || at.depth >= MAX_DEPTH,
      repeats: at.repeats + (isRepeated ? 1 : 0),
    }
    let first: JsonValue | undefined
    for (const value of this.#candidates(pointers, merged, inside)) {
      if (value === undefined) continue
      if (this.matches(pointers, value)) return value
      first ??= value
    }
    return first
  }

  /** Whether a value matches all schemas at these pointers. */
  matches(pointers: readonly string[], value: JsonValue): boolean {
    if (this.#steps < 0 || this.isCut) return true
    return pointers.every((pointer) => {
      const validator = this.#validators.get(pointer)
      const isValid = validator?.(value) ?? true
      this.#steps -= lastSteps()
      return isValid
    })
  }

  *#candidates(pointers: readonly string[], merged: MergedSchema, at: At): Generator<JsonValue | undefined> {
    if (merged.values !== undefined) {
      const { length } = merged.values
      for (let i = 0; i < Math.min(length, MAX_BRANCHES); i++) yield merged.values[(at.index + i) % length]
      if (length > 0) return
    }
    if (at.index === 0 && !this.#isDynamic) yield* merged.examples
    const union = merged.unions.find(({ branches }) => !at.chosen.has(branches[0] ?? ''))
    if (union !== undefined) {
      const chosen = new Set([...at.chosen, union.branches[0] ?? ''])
      for (const branch of this.#ordered(union.branches)) {
        const value = this.sample([...pointers, branch], { ...at, chosen, active: withoutOwn(at, merged) })
        const tag = union.tag?.values.get(branch)
        yield union.tag !== undefined && tag !== undefined && isObject(value)
          ? { ...value, [union.tag.name]: tag }
          : value
      }
      return
    }
    const condition = merged.conditions.find(({ test }) => !at.chosen.has(test))
    if (condition !== undefined) {
      const chosen = new Set([...at.chosen, condition.test])
      for (const branch of [[], [condition.test, condition.then], [condition.otherwise]])
        yield this.sample([...pointers, ...branch.filter((one) => one !== undefined)], {
          ...at,
          chosen,
          active: withoutOwn(at, merged),
        })
      return
    }
    for (const type of typesToSample(merged)) yield* this.#ofType(type, merged, { ...at, chosen: START.chosen })
  }

  // Branches for null come last: a sample shows what a value looks like.
  #ordered(branches: readonly string[]): string[] {
    const isNull = (pointer: string): boolean => {
      const { value } = deref(this.#document, valueAt(this.#document, pointer) ?? null, '')
      return isObject(value) && (value['type'] === 'null' || value['const'] === null)
    }
    return [...branches.filter((one) => !isNull(one)), ...branches.filter(isNull)].slice(0, MAX_BRANCHES)
  }

  *#ofType(type: string, merged: MergedSchema, at: At): Generator<JsonValue | undefined> {
    if (type === 'object') {
      yield this.#object(merged, at)
      if (!at.isMinimal) yield this.#object(merged, { ...at, isMinimal: true })
    } else if (type === 'array') yield this.#array(merged, at)
    else if (type === 'string') yield* this.#texts(merged, at.index)
    else if (type === 'boolean') yield* at.index % 2 === 0 ? [true, false] : [false, true]
    else if (type === 'null') yield null
    else if (type === 'any') yield* ANYTHING
    else yield* sampleNumbers(merged, type === 'integer', at.index)
  }

  #texts(merged: MergedSchema, index: number): string[] {
    const length = merged.limits.get('minLength') ?? 0
    const shortest = Math.min(length, Math.max(0, this.#left.characters))
    this.#left.characters -= length
    const limits = new Map([...merged.limits, ['minLength', shortest]])
    return sampleTexts({ ...merged, limits }, index)
  }

  #object(merged: MergedSchema, at: At): JsonObject {
    const { properties, required, limits } = merged
    const max = limits.get('maxProperties') ?? Infinity
    const result: Record<string, JsonValue> = {}
    const add = (name: string, pointers: readonly string[], isRequired: boolean): void => {
      if (!isRequired && Object.keys(result).length + 1 > max) return
      this.#left.values--
      if (this.#left.values < 0) return
      const value = this.sample(pointers, { ...at, isRequired, depth: at.depth + 1 })
      if (value !== undefined)
        Object.defineProperty(result, name, { value, enumerable: true, configurable: true, writable: true })
    }
    for (const [name, pointers] of properties) {
      if (isHidden(this.#document, pointers)) continue
      const isRequired = required.has(name)
      if (isRequired || !at.isMinimal)
        add(name, [...pointers, ...patternPointers(this.#document, merged, name)], isRequired)
    }
    for (const name of required) if (!properties.has(name)) add(name, otherPointers(this.#document, merged, name), true)
    for (const name of dependents(this.#document, merged, result)) add(name, properties.get(name) ?? [], true)
    this.#addOthers(merged, at, { result, add })
    return result
  }

  // Properties without a name in the contract: two, as an illustration, if there are no others, or as many as it requires.
  #addOthers(
    merged: MergedSchema,
    at: At,
    {
      result,
      add,
    }: { result: JsonObject; add: (name: string, pointers: readonly string[], isRequired: boolean) => void },
  ): void {
    const [names] = merged.inside.get('propertyNames') ?? []
    const patterns = Object.keys(patternProperties(this.#document, merged))
    const isMap = merged.properties.size === 0 && (merged.inside.has('additionalProperties') || patterns.length > 0)
    const wanted = Math.max(merged.limits.get('minProperties') ?? 0, isMap && !at.isMinimal ? 2 : 0)
    for (let i = 1; i <= wanted * 2 && Object.keys(result).length < wanted && this.#left.values > 0; i++) {
      const ofPattern = merged.inside.has('additionalProperties') || patterns[0] === undefined ? undefined : patterns[0]
      const sampled = names === undefined ? undefined : this.sample([names], { ...START, index: i - 1 })
      const name =
        typeof sampled === 'string' ? sampled : (ofPattern && samplePattern(ofPattern, 0, i - 1)) || `property${i}`
      if (!Object.hasOwn(result, name)) add(name, otherPointers(this.#document, merged, name), at.isMinimal)
    }
  }

  #array({ limits, inside, isUnique }: MergedSchema, at: At): JsonValue[] {
    const prefixes = inside.get('prefixItems') ?? []
    const length = (i: string): number => {
      const list = valueAt(this.#document, i)
      return Array.isArray(list) ? list.length : 0
    }
    const contained = inside.has('contains') ? Math.max(1, limits.get('minContains') ?? 1) : 0
    const least = Math.max(limits.get('minItems') ?? 0, contained)
    const usual = Math.max(least, at.isMinimal ? 0 : 1, ...prefixes.map(length))
    const count = Math.min(usual, limits.get('maxItems') ?? Infinity)
    const items: JsonValue[] = []
    const seen = new Set<string>()
    for (let i = 0; items.length < count && i < count + 20 && this.#left.values >= 0; i++) {
      this.#left.values--
      const ofPosition = prefixes.flatMap((pointer) =>
        items.length < length(pointer) ? [`${pointer}/${items.length}`] : [],
      )
      const pointers = [
        ...(ofPosition.length > 0 ? ofPosition : (inside.get('items') ?? [])),
        ...(items.length < contained ? (inside.get('contains') ?? []) : []),
      ]
      const isRequired = items.length < least
      const value = this.sample(pointers, {
        ...at,
        isRequired,
        index: isUnique ? at.index + i : at.index,
        depth: at.depth + 1,
      })
      if (value === undefined) break
      const text = isUnique ? JSON.stringify(value) : String(i)
      if (!seen.has(text)) items.push(value)
      seen.add(text)
    }
    return items
  }
}

// A branch of a union is sampled at the same place: the schemas there are not around it.
function withoutOwn({ active }: At, { pointers }: MergedSchema): ReadonlySet<string> {
  const own = new Set(pointers)
  return new Set([...active].filter((pointer) => !own.has(pointer)))
}
