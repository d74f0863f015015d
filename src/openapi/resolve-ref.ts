import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { mapObjects } from './normalize-schema.ts'

/** A `$ref` as its author wrote it, and where. */
export interface Ref {
  readonly text: string
  readonly path: readonly string[]
}

/** Every `$ref` of a file, except in data such as examples. */
export function refsIn(value: JsonValue): Ref[] {
  const refs: Ref[] = []
  if (!isObject(value)) return refs
  mapObjects(value, (object, path) => {
    if (typeof object['$ref'] === 'string') refs.push({ text: object['$ref'], path: [...path, '$ref'] })
    return object
  })
  return refs
}

/** The path, from the root, of the file that a `$ref` in a folder of the root points to. Symbolic links are resolved; a file outside of the root is a fault. */
export async function findRef(
  ref: string,
  root: string,
  folder: string,
): Promise<{ readonly name: string } | { readonly fault: string }> {
  const leaves = { fault: `leaves the contract's folder; copy what it names into ${root}` }
  if (/^[a-z][a-z\d+.-]*:/i.test(ref) || ref.startsWith('//')) return leaves
  let target: string
  try {
    target = resolve(join(root, folder), decodeURIComponent(ref.split('#')[0] ?? ''))
  } catch {
    return { fault: 'is not valid percent-encoding; write a % as %25' }
  }
  if (!isInside(root, target)) return leaves
  try {
    const real = await realpath(target)
    return isInside(root, real) ? { name: relative(root, real) } : leaves
  } catch {
    return { fault: 'names a file that is not there; mend the path' }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way)
}
