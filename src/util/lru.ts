/** What was asked for last, by its key. */
export interface Cache<V> {
  readonly get: (key: string) => V | undefined
  /** Keeps a value in place of the one that its key had. */
  readonly set: (key: string, value: V) => void
  /** How many values are kept, and what they weigh together. */
  readonly size: () => { readonly values: number; readonly weight: number }
}

/** A Cache whose values together weigh at most `most`: what was not asked for the longest goes first. */
export function createCache<V>(most: number, weigh: (value: V) => number): Cache<V> {
  type Entry = { readonly key: string; readonly value: V }
  const kept = new Map<string, Entry>() // it keeps its order: what was asked for last stands last
  let newest: Entry | undefined
  let weight = 0
  const drop = (key: string, value: V): void => {
    kept.delete(key)
    weight -= weigh(value)
  }
  return {
    get: (key) => {
      const found = kept.get(key)
      if (found === undefined || found === newest) return found?.value
      newest = found
      kept.delete(found.key) // the very key that is kept: to compare another one that is like it may take megabytes
      kept.set(found.key, found)
      return found.value
    },
    set: (key, value) => {
      const former = kept.get(key)
      if (former !== undefined) drop(key, former.value)
      if (weigh(value) > most) return // or else it would push out all others, and itself
      newest = { key, value }
      kept.set(key, newest)
      weight += weigh(value)
      for (const [oldest, old] of kept) {
        if (weight <= most) break
        drop(oldest, old.value)
      }
    },
    size: () => ({ values: kept.size, weight }),
  }
}

/** A text by itself: one that was cut out of a longer one keeps all of that in memory. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString()
}

/** The shortest text of which anything is recalled, in characters. */
const LONG = 4096
/** Characters of such texts, those that were asked for last. */
const MAX_LONG = 16_777_216

interface Long {
  readonly text: string
}

const longs = createCache<Long>(MAX_LONG, ({ text }) => text.length)
let last = { text: '', found: { text: '' } }

// One request asks several times for one and the same text: that it is the very same is seen at once, that another is like
// it takes a comparison of megabytes. It is known by its length and some of its characters, and the last one of these alone:
// the engine knows a text of over 16,383 by its length, so that a thousand of one length would each be compared with all others.
function find(text: string): Long {
  if (last.text === text) return last.found
  const key = `${text.length} ${text.slice(0, SAMPLE)}${text.slice(-SAMPLE)}`
  const known = longs.get(key)
  const found = known?.text === text ? known : { text }
  if (found !== known) longs.set(key, found)
  last = { text, found }
  return found
}

/** Characters of each end by which a long text is known. */
const SAMPLE = 64

/**
 * A pure function that recalls its values for the long texts that were asked for last: a reference picture's megabytes come
 * again and again, and to compare them with what is known takes a tenth of reading them.
 */
export function memoizeLongText<V>(make: (text: string) => V): (text: string) => V {
  const values = new WeakMap<Long, { readonly value: V }>()
  return (text) => {
    if (text.length < LONG) return make(text)
    const long = find(text)
    const known = values.get(long)
    if (known !== undefined) return known.value
    const value = make(text)
    values.set(long, { value })
    return value
  }
}
