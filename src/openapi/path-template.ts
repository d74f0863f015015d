/** A path template, ready to be routed and to give the values of its parameters. */
export interface Route {
  /** The path in Hono's words; it may match more than the template does. */
  readonly pattern: string
  /** Whether a path fits the template. */
  readonly fits: (path: string) => boolean
  /** The values of the parameters in a path that fits; undefined where one is not valid percent-encoding. */
  readonly read: (path: string) => Record<string, string> | undefined
}

/** A path template of OpenAPI as a Route. `{parameters}` may be a part of a segment: `/files/{name}.json`. */
export function toRoute(template: string): Route {
  const segments = template.split('/').map(toSegment)
  const pattern = segments
    .map(({ text, names: parameters }, i) => (parameters.length === 0 && /^[\w.~-]*$/.test(text) ? text : `:p${i}`))
    .join('/')
  const readValues = (path: string): string[] | undefined => {
    const parts = path.split('/')
    const found = segments.map(({ literals }, i) => readSegment(literals, parts[i] ?? ''))
    return parts.length === segments.length && found.every((values) => values !== undefined) ? found.flat() : undefined
  }
  const names = segments.flatMap((segment) => segment.names)
  return {
    pattern,
    fits: (path) => readValues(path) !== undefined,
    read: (path) => {
      const values = readValues(path) ?? []
      try {
        return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]))
      } catch {
        return undefined
      }
    },
  }
}

interface Segment {
  readonly text: string
  readonly names: readonly string[]
  /** What stands before, between and behind the parameters: one more than there are parameters. */
  readonly literals: readonly string[]
}

function toSegment(text: string): Segment {
  return {
    text,
    names: [...text.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? ''),
    literals: text.split(/\{[^}]+\}/),
  }
}

// Each parameter takes at least one character and ends at the first occurrence of what follows it; the last one takes the
// rest. By hand, since an expression with several parameters would try every way to part a long segment.
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

/** Whether some path fits both templates. */
export function overlaps(a: string, b: string): boolean {
  const left = a.split('/')
  const right = b.split('/')
  return left.length === right.length && left.every((segment, i) => segmentsMeet(segment, right[i] ?? ''))
}

// What stands before the first parameter and behind the last one must agree, as far as both say something.
function segmentsMeet(a: string, b: string): boolean {
  if (a === b) return true
  if (!a.includes('{')) return b.includes('{') && fits(a, b)
  if (!b.includes('{')) return fits(b, a)
  const [start, otherStart] = [a.slice(0, a.indexOf('{')), b.slice(0, b.indexOf('{'))]
  const [end, otherEnd] = [a.slice(a.lastIndexOf('}') + 1), b.slice(b.lastIndexOf('}') + 1)]
  return (
    (start.startsWith(otherStart) || otherStart.startsWith(start)) && (end.endsWith(otherEnd) || otherEnd.endsWith(end))
  )
}

function fits(text: string, template: string): boolean {
  return readSegment(toSegment(template).literals, text) !== undefined
}
