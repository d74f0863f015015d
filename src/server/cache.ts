/** What was asked for last, by its key. */
export interface Cache<V> {
  readonly get: (key: string) => V | undefined
  /** Keeps a value in place of the one that its key had. */
  readonly set: (key: string, value: V) => void
}

/** A Cache whose values together weigh at most `most`: what was not asked for the longest goes first. */
export function createCache<V>(most: number, weigh: (value: V) => number): Cache<V> {
  const kept = new Map<string, V>() // it keeps its order: what was asked for last stands last
  let weight = 0
  return {
    get: (key) => {
      const value = kept.get(key)
      if (value !== undefined) {
        kept.delete(key)
        kept.set(key, value)
      }
      return value
    },
    set: (key, value) => {
      const former = kept.get(key)
      kept.set(key, value)
      weight += weigh(value) - (former === undefined ? 0 : weigh(former))
      for (const [oldest, old] of kept) {
        if (weight <= most) break
        kept.delete(oldest)
        weight -= weigh(old)
      }
    },
  }
}
