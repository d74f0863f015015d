/** A cache of the values that were used last, by key. */
export interface Cache<V> {
  readonly get: (key: string) => V | undefined
  /** Replaces the value that the key had. */
  readonly set: (key: string, value: V) => void
  /** Number of values, and their weight together. */
  readonly size: () => { readonly values: number; readonly weight: number }
}

/**
 * A Cache whose values together weigh at most `most`: the least recently used ones are dropped first. A value that is heavier
 * than `most` is not kept. A value's weight must not change.
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
      entries.set(entry.key, entry) // with its own key: the caller's may be a part of a much longer text
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

/** The same text in memory of its own: a part of a longer text keeps all of that in memory. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
