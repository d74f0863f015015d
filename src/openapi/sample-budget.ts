import type { JsonValue } from '../util/json.ts'

/** Maximum number of values in a sample. */
const MAX_VALUES = 10_000
/** Maximum number of characters in the strings of a sample. */
const MAX_CHARACTERS = 1_048_576

/** What may still be added to a sample. */
export class SampleBudget {
  values = MAX_VALUES
  characters = MAX_CHARACTERS

  /** Whether more was required. */
  get isExceeded(): boolean {
    return this.values < 0 || this.characters < 0
  }
}

/** Cuts the examples in a sample: they are used as they are, and as often as the schema requires. */
export function cutSample(sample: JsonValue, left: SampleBudget): JsonValue {
  const cut = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') left.characters -= value.length
    if (typeof value !== 'object' || value === null) return value
    const kept: [string, JsonValue][] = []
    for (const [name, member] of Object.entries(value)) {
      left.values--
      if (left.isExceeded) break
      kept.push([name, cut(member)])
    }
    return Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept)
  }
  return cut(sample)
}
