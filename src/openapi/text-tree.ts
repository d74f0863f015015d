import type { Texts } from './coerce.ts'

/** Deepest nesting of names: `a[b][c]` has 3 levels. */
const MAX_LEVELS = 64

/**
 * Adds a text to a tree by its name. `a[b]` is nested, `a[]` and a repeated name are lists. Both are common in forms and
 * queries, and are how Stripe's clients send nested values.
 */
export function addText(root: Record<string, Texts>, name: string, text: Texts): void {
  const keys = keysOf(name)
  let at: Record<string, Texts> = root
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(at, key) ? at[key] : undefined
    const next: Record<string, Texts> = isTree(inner) ? inner : {}
    set(at, key, next)
    at = next
  }
  const last = keys.at(-1) ?? ''
  const known = Object.hasOwn(at, last) ? at[last] : undefined
  if (isList(known)) known.push(text) // one list for all texts: a copy for each would take quadratic time
  else if (isTree(known)) set(at, last, name.endsWith('[]') ? [text] : known)
  else if (known !== undefined) set(at, last, [known, text])
  else set(at, last, name.endsWith('[]') ? [text] : text)
}

function isList(texts: Texts | undefined): texts is Texts[] {
  return Array.isArray(texts)
}

function isTree(texts: Texts | undefined): texts is Record<string, Texts> {
  return typeof texts === 'object' && !Array.isArray(texts)
}

// A name such as __proto__ is a name like any other.
function set(at: Record<string, Texts>, key: string, value: Texts): void {
  Object.defineProperty(at, key, { value, enumerable: true, configurable: true, writable: true })
}

function keysOf(name: string): string[] {
  const start = name.indexOf('[')
  if (start <= 0 || !name.endsWith(']')) return [name]
  const keys = name.slice(start + 1, -1).split('][', MAX_LEVELS + 1)
  if (keys.length > MAX_LEVELS) return [name]
  return [name.slice(0, start), ...(keys.at(-1) === '' ? keys.slice(0, -1) : keys)]
}
