/** A path template, ready to be routed and to give the values of its parameters. */
export interface Route {
  /** The path in Hono's words. */
  readonly pattern: string
  /** The values of the parameters in a path that the pattern matched; undefined where one is not valid percent-encoding. */
  readonly read: (path: string) => Record<string, string> | undefined
}

/** A path template of OpenAPI as a Route. `{parameters}` may be a part of a segment: `/files/{name}.json`. */
export function toRoute(template: string): Route {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '')
  const pattern = template
    .split('/')
    .map((segment, index) => (segment.includes('{') ? `:p${index}{${expressionOf(segment, '')}}` : segment))
    .join('/')
  const expression = new RegExp(
    `^${template
      .split('/')
      .map((segment) => expressionOf(segment, '()'))
      .join('/')}$`,
    's',
  )
  return {
    pattern,
    read: (path) => {
      const values = expression.exec(path)?.slice(1) ?? []
      try {
        return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(values[i] ?? '')]))
      } catch {
        return undefined
      }
    },
  }
}

function expressionOf(segment: string, group: '' | '()'): string {
  return segment
    .split(/(\{[^}]+\})/)
    .map((part) => (part.startsWith('{') ? (group === '()' ? '([^/]+)' : '[^/]+') : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))
    .join('')
}

/** Whether some path fits both templates. */
export function meets(a: string, b: string): boolean {
  const left = a.split('/')
  const right = b.split('/')
  return left.length === right.length && left.every((segment, i) => segmentsMeet(segment, right[i] ?? ''))
}

// What stands before the first parameter and behind the last one must agree, as far as both say something.
function segmentsMeet(a: string, b: string): boolean {
  if (!a.includes('{')) return fits(a, b)
  if (!b.includes('{')) return fits(b, a)
  const [start, otherStart] = [a.slice(0, a.indexOf('{')), b.slice(0, b.indexOf('{'))]
  const [end, otherEnd] = [a.slice(a.lastIndexOf('}') + 1), b.slice(b.lastIndexOf('}') + 1)]
  return (start.startsWith(otherStart) || otherStart.startsWith(start)) && (end.endsWith(otherEnd) || otherEnd.endsWith(end))
}

function fits(text: string, template: string): boolean {
  return new RegExp(`^${expressionOf(template, '')}$`, 's').test(text)
}
