import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'

/** Maximum number of base paths: each of them has all paths of its operations. */
const MAX_BASES = 10

/**
 * The paths of `servers`, such as `/v1` for `https://api.example.com/v1`, without those that have none. The innermost
 * object with `servers` counts: the operation, its path, or the document.
 */
export function basePathsOf(objects: readonly JsonValue[]): string[] {
  const found = objects.flatMap((object) =>
    isObject(object) && Array.isArray(object['servers']) ? [object['servers']] : [],
  )
  const paths = (found[0] ?? []).flatMap((server: JsonValue) => (isObject(server) ? (basePathOf(server) ?? []) : []))
  return [...new Set(paths)].filter((path) => path !== '').slice(0, MAX_BASES)
}

// Variables have their defaults. A relative URL is relative to the place of the document, which is unknown.
function basePathOf({ url, variables }: JsonObject): string | undefined {
  if (typeof url !== 'string') return undefined
  const filled = url.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const variable = isObject(variables) ? variables[name] : undefined
    return isObject(variable) && typeof variable['default'] === 'string' ? variable['default'] : ''
  })
  if (!URL.canParse(filled, 'https://contract.invalid/')) return undefined
  return new URL(filled, 'https://contract.invalid/').pathname.replace(/\/+$/, '')
}
