import type { Operation } from './operation.ts'
import { toRoute } from './path-template.ts'
import { editDistance } from '../util/suggest.ts'

/** The operations whose path is nearly the one that was asked for: a base URL with a segment too many or too few, a slash, a slip of the pen. */
export function suggestPaths(path: string, operations: readonly Operation[]): string[] {
  const asked = path
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
  return operations
    .filter((operation) => asked === '' || isNear(asked, operation.path))
    .map(({ method, path: known }) => `${method} ${known}`)
    .slice(0, 5)
}

function isNear(asked: string, known: string): boolean {
  const path = known.toLowerCase()
  const tail = path.slice(path.indexOf('/', 1))
  const length = tail.split('/').length - 1
  const end = `/${asked.split('/').slice(-length).join('/')}`
  const hasWords = tail.split('/').some((segment) => segment !== '' && !segment.includes('{'))
  return (hasWords && toRoute(tail).fits(end)) || path.startsWith(`${asked}/`) || editDistance(asked, path) <= 3
}
