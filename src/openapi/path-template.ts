import { editDistance } from '../util/suggest.ts'
import type { Operation } from './operation.ts'

/** A path template of OpenAPI, ready to match paths and to read the values of its parameters. */
export interface PathTemplate {
  readonly matches: (path: string) => boolean
  /** The values of the parameters in a path that matches; undefined where one is not valid percent-encoding. */
  readonly read: (path: string) => Record<string, string> | undefined
}

/** One part of a path, between two slashes. */
interface Segment {
  readonly names: readonly string[]
  /** The text before, between and after the parameters: one more than there are parameters. */
  readonly literals: readonly string[]
}

/** Reads a path template. `{parameters}` may be a part of a segment: `/files/{name}.json`. */
export function toPathTemplate(template: string): PathTemplate {
  const segments = template.split('/').map(toSegment)
  const names = segments.flatMap((segment) => segment.names)
  const valuesIn = (path: string): string[] | undefined => {
    const parts = path.split('/')
    const found = segments.map(({ literals }, i) => readSegment(literals, parts[i] ?? ''))
    return parts.length === segments.length && found.every((values) => values !== undefined) ? found.flat() : undefined
  }
  return {
    matches: (path) => valuesIn(path) !== undefined,
    read: (path) => {
      const values = valuesIn(path) ?? []
      try {
        return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]))
      } catch {
        return undefined
      }
    },
  }
}

/**
 * A path template in the syntax of Hono's router. A segment that Hono would read in another way becomes a parameter, so the
 * pattern may match more than the template does: test the path with `matches`.
 */
export function honoPath(template: string): string {
  return template
    .split('/')
    .map((segment, i) => (/^[\w.~-]*$/.test(segment) ? segment : `:p${i}`))
    .join('/')
}

/** Whether some path matches both templates. */
export function overlaps(a: string, b: string): boolean {
  const left = a.split('/')
  const right = b.split('/')
  return left.length === right.length && left.every((segment, i) => segmentsOverlap(segment, right[i] ?? ''))
}

// The texts before the first parameter and after the last one must agree in the length that both have.
function segmentsOverlap(a: string, b: string): boolean {
  if (!a.includes('{')) return readSegment(toSegment(b).literals, a) !== undefined
  if (!b.includes('{')) return segmentsOverlap(b, a)
  const [start, otherStart] = [a.slice(0, a.indexOf('{')), b.slice(0, b.indexOf('{'))]
  const [end, otherEnd] = [a.slice(a.lastIndexOf('}') + 1), b.slice(b.lastIndexOf('}') + 1)]
  return (
    (start.startsWith(otherStart) || otherStart.startsWith(start)) && (end.endsWith(otherEnd) || otherEnd.endsWith(end))
  )
}

function toSegment(text: string): Segment {
  return {
    names: [...text.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? ''),
    literals: text.split(/\{[^}]+\}/),
  }
}

// The values in one part of a path. Each takes at least one character and ends at the first occurrence of the text that follows
// it; the last one takes the rest. Not a regular expression: with several parameters it tries every way to split a long part.
function readSegment([start = '', ...rest]: readonly string[], part: string): string[] | undefined {
  if (!part.startsWith(start)) return undefined
  if (rest.length === 0) return part === start ? [] : undefined
  const end = rest.at(-1) ?? ''
  const values: string[] = []
  let at = start.length
  for (const literal of rest.slice(0, -1)) {
    const next = part.indexOf(literal, at + 1)
    if (next < 0) return undefined
    values.push(part.slice(at, next))
    at = next + literal.length
  }
  const last = part.length - end.length
  return last > at && part.endsWith(end) ? [...values, part.slice(at, last)] : undefined
}

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
