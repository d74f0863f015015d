import { editDistance } from '../util/suggest.ts'
import type { Operation } from './operation.ts'
import { toPathTemplate } from './path-template.ts'

/**
 * The operations, at most five, whose path is almost the requested one: a base URL with a segment too many or too few, doubled
 * slashes, a typing error.
 */
export function suggestPaths(path: string, operations: readonly Operation[]): string[] {
  const requested = path
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
  return operations
    .filter((operation) => requested === '' || isNear(requested, operation.path.toLowerCase()))
    .map(({ method, path: known }) => `${method} ${known}`)
    .slice(0, 5)
}

function isNear(requested: string, known: string): boolean {
  const tail = known.slice(known.indexOf('/', 1)) // without its first segment, as behind another base URL
  const segments = tail.split('/').slice(1)
  const end = `/${requested.split('/').slice(-segments.length).join('/')}`
  const hasWords = segments.some((segment) => segment !== '' && !segment.includes('{'))
  return (
    (hasWords && toPathTemplate(tail).matches(end)) ||
    known.startsWith(`${requested}/`) ||
    editDistance(requested, known) <= 3
  )
}
