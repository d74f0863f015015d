import { editDistance } from '../util/suggest.ts'
import type { Operation } from './operation.ts'

/** A path template of OpenAPI, ready to match paths and to read the values of its parameters. */
export interface PathTemplate {
  readonly matches: (path: string) => boolean
  /** The values of the parameters in a matching path; undefined if one is not valid percent-encoding. */
  readonly read: (path: string) => Record<string, string> | undefined
  /** The same values, not decoded. */
  readonly readRaw: (path: string) => Record<string, string>
}

/** One part of a path, between two slashes. */
interface Segment {
  readonly names: readonly string[]
  /** The text before, between and after the parameters: one more than there are parameters. */
  readonly literals: readonly string[]
}

/** Parses a path template. `{parameters}` may be a part of a segment: `/files/{name}.json`. */
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
    readRaw: (path) => {
      const values = valuesIn(path) ?? []
      return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))
    },
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
 * Converts a path template to the syntax of Hono's router. A segment with a special meaning there becomes a parameter,
 * so that the pattern may match more paths than the template: test each path with `matches`.
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

// One text before the first parameter must begin with the other. One text after the last one must end with the other.
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

// The values in one part of a path. Each has at least one character and ends at the first occurrence of the text that
// follows it. The last one has the rest. A regular expression with several parameters would try every way to split a
// long part.
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
 * The operations, at most five, whose path is similar to the requested one: it has a wrong base URL, double slashes,
 * or a typing error.
 */
export function suggestPaths(path: string, operations: readonly Operation[]): string[] {
  const requested = path
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
  return operations
    .filter(
      ({ path: known, bases }) =>
        requested === '' || ['', ...bases].some((base) => isNear(requested, (base + known).toLowerCase())),
    )
    .map(({ method, path: known, bases }) => `${method} ${baseIn(requested, bases)}${known}`)
    .slice(0, 5)
}

// The base path that was requested, so that the suggestion has it too.
function baseIn(requested: string, bases: readonly string[]): string {
  return bases.find((base) => requested.startsWith(`${base.toLowerCase()}/`)) ?? ''
}

function isNear(requested: string, known: string): boolean {
  const tail = known.slice(known.indexOf('/', 1)) // without the first segment, which may be a part of the base URL
  const segments = tail.split('/').slice(1)
  const end = `/${requested.split('/').slice(-segments.length).join('/')}`
  const hasWords = segments.some((segment) => segment !== '' && !segment.includes('{'))
  return (
    (hasWords && toPathTemplate(tail).matches(end)) ||
    known.startsWith(`${requested}/`) ||
    editDistance(requested, known) <= 3
  )
}
