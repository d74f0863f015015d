import type { JsonObject, JsonValue } from '../util/json.ts'
import { visitObjects } from './walk.ts'

/** The keywords whose value is a reference. */
const KEYWORDS = ['$ref', '$dynamicRef'] as const

/** A reference in a file. */
export interface Reference {
  /** The object that has it. */
  readonly object: JsonObject
  readonly keyword: (typeof KEYWORDS)[number]
  readonly text: string
  /** Of the object. */
  readonly path: readonly string[]
  /** The URI that relative references are resolved against: that of the file, or the `$id` of a schema around it. */
  readonly base: string
}

/** The `$id`s and anchors of OpenAPI 3.1 documents, and where their schemas are in the contract. */
export interface Identifiers {
  /** By their URI without fragment. */
  readonly ids: Map<string, readonly string[]>
  /** By their URI with fragment. */
  readonly anchors: Map<string, readonly string[]>
}

/** The URI of a file of the contract. Its host does not exist: nothing is fetched. */
export function uriOf(name: string): string {
  return new URL(name.split(/[/\\]/).map(encodeURIComponent).join('/'), 'https://contract.invalid/').href
}

/**
 * Finds the references of a file, except in data such as examples, and adds its `$id`s and anchors to `identifiers`.
 * OpenAPI 3.0 has neither. `root` is the path of the file in the contract.
 */
export function readReferences(
  value: JsonValue,
  { uri, root }: { readonly uri: string; readonly root: readonly string[] },
  identifiers: Identifiers | undefined,
): Reference[] {
  const references: Reference[] = []
  visitObjects<string>(
    value,
    (object, path, around) => {
      const base = identifiers === undefined ? around : readIdentifiers(object, { root, path, around }, identifiers)
      for (const keyword of KEYWORDS) {
        const text = object[keyword]
        if (typeof text === 'string') references.push({ object, keyword, text, path: [...path], base })
      }
      return base
    },
    uri,
  )
  identifiers?.ids.set(uri, root)
  return references
}

// Returns the base URI inside the object.
function readIdentifiers(
  object: JsonObject,
  {
    root,
    path,
    around,
  }: { readonly root: readonly string[]; readonly path: readonly string[]; readonly around: string },
  { ids, anchors }: Identifiers,
): string {
  const { $id: id } = object
  const base = typeof id === 'string' ? (resolveUri(id, around) ?? around) : around
  if (base !== around) ids.set(base, [...root, ...path])
  for (const keyword of ['$anchor', '$dynamicAnchor']) {
    const anchor = object[keyword]
    if (typeof anchor === 'string' && !anchors.has(`${base}#${anchor}`))
      anchors.set(`${base}#${anchor}`, [...root, ...path])
  }
  return base
}

/** A URI without its fragment; undefined if it is not valid. */
function resolveUri(text: string, base: string): string | undefined {
  if (!URL.canParse(text, base)) return undefined
  const url = new URL(text, base)
  url.hash = ''
  return url.href
}

/**
 * The path of the schema that a reference names by an `$id`, by an anchor, or by a JSON pointer inside a schema with an
 * `$id`. Undefined for all other references, which name a file or a place in their own file.
 */
export function findIdentified(
  { text, base }: Reference,
  uri: string,
  { ids, anchors }: Identifiers,
): readonly string[] | undefined {
  const [, fragment = ''] = text.split('#')
  const target = text.startsWith('#') ? base : resolveUri(text, base)
  const path = target === undefined ? undefined : ids.get(target)
  if (target === undefined || path === undefined) return undefined
  if (fragment !== '' && !fragment.startsWith('/')) return anchors.get(`${target}#${decode(fragment)}`)
  if (target === uri) return undefined
  return [...path, ...fragment.split('/').slice(1).map(decode).map(unescape)]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unescape(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
