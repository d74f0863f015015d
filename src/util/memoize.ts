import { createCache } from './lru.ts'

interface MemoizeOptions<T> {
  readonly keyOf: (input: T) => string | undefined
  readonly max: number
}

/**
 * Caches the values of a pure function for the `max` most recently used keys. If an input has no key, its value is not
 * cached.
 */
export function memoize<T, V>(make: (input: T) => V, { keyOf, max }: MemoizeOptions<T>): (input: T) => V {
  const cache = createCache<{ readonly value: V }>(max, () => 1)
  return (input) => {
    const key = keyOf(input)
    const known = key === undefined ? undefined : cache.get(key)
    if (known !== undefined) return known.value
    const value = make(input)
    if (key !== undefined) cache.set(key, { value })
    return value
  }
}

/** Length of the shortest text whose value is cached, in characters. */
const LONG = 4096
/** Maximum length of all texts in one cache, in characters. */
const MAX_LONG = 16_777_216

/**
 * Caches the values of a pure function for the most recently used long texts, up to 16,777,216 characters: clients
 * send the same reference picture, megabytes of base64, with each request. Values for texts below 4,096 characters are
 * not cached.
 */
export function memoizeLongText<V>(make: (text: string) => V): (text: string) => V {
  const cache = createCache<{ readonly text: string; readonly value: V }>(MAX_LONG, ({ text }) => text.length)
  return (text) => {
    if (text.length < LONG) return make(text)
    // The text itself is a bad key: V8 hashes texts of more than 16,383 characters by their length, so that a Map
    // compares each with all others of the same length.
    const key = `${text.length} ${text.slice(0, 64)}${text.slice(-64)}`
    const known = cache.get(key)
    if (known?.text === text) return known.value
    const value = make(text)
    cache.set(key, { text, value })
    return value
  }
}
