import { createHash } from 'node:crypto'

/** V8 hashes longer texts by their length, so that a Map compares each with all others of the same length. */
const MAX_KEY = 16_383

/**
 * Creates a function that numbers JSON values: equal values get the same number, others another one. The order of an
 * object's members does not matter. Each object is read once, so that the time is linear.
 */
export function createValueIds(): (value: unknown) => number {
  const objects = new WeakMap<object, number>()
  const scalars = new Map<unknown, number>()
  const texts = new Map<string, number>() // of objects, arrays and long strings
  let count = 0
  const numberOf = <K>(ids: Map<K, number>, key: K): number => {
    const id = ids.get(key) ?? count++
    ids.set(key, id)
    return id
  }
  const idOf = (value: unknown): number => {
    if (typeof value === 'string' && value.length > MAX_KEY) return numberOf(texts, `#${digestOf(value)}`)
    if (typeof value !== 'object' || value === null) return numberOf(scalars, value)
    const known = objects.get(value)
    if (known !== undefined) return known
    const text = Array.isArray(value)
      ? `[${value.map(idOf).join()}`
      : `{${Object.entries(value)
          .map(([name, member]) => `${idOf(name)}:${idOf(member)}`)
          .toSorted()
          .join()}`
    const id = numberOf(texts, text.length > MAX_KEY ? `#${digestOf(text)}` : text)
    objects.set(value, id)
    return id
  }
  return idOf
}

function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('base64')
}
