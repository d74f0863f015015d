/** A cache of the most recently used values, by key. */
export interface Cache<V> {
  readonly get: (key: string) => V | undefined
  /** Sets or replaces the value of a key. */
  readonly set: (key: string, value: V) => void
  /** Number of values, and their total weight. */
  readonly size: () => { readonly values: number; readonly weight: number }
}

/**
 * Creates a Cache whose values have a total weight of at most `most`. The least recently used ones are evicted first.
 * A heavier value is not cached. The weight of a value must not change.
 */
export function createCache<V>(most: number, weigh: (value: V) => number): Cache<V> {
  type Entry = { readonly key: string; readonly value: V }
  const entries = new Map<string, Entry>() // the least recently used one first
  let weight = 0
  const drop = ({ key, value }: Entry): void => {
    entries.delete(key)
    weight -= weigh(value)
  }
  return {
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(entry.key)
      entries.set(entry.key, entry) // not with the caller's key, which may be a slice of a much longer text
      return entry.value
    },
    set: (key, value) => {
      const former = entries.get(key)
      if (former !== undefined) drop(former)
      if (weigh(value) > most) return
      entries.set(key, { key, value })
      weight += weigh(value)
      for (const oldest of entries.values()) {
        if (weight <= most) break
        drop(oldest)
      }
    },
    size: () => ({ values: entries.size, weight }),
  }
}

/** Copies a text. A slice of a longer text keeps all of it in memory; a copy does not. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
