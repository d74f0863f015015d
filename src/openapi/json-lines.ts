/** Where a value of a JSON text begins (its key, if it has one), and where the values inside it begin. */
interface Position {
  readonly offset: number
  readonly inside: ReadonlyMap<string, Position>
}

const NONE: ReadonlyMap<string, Position> = new Map()

/** The line, from 1, of the value at a path of a valid JSON text; of the nearest value around it if there is none. */
export function lineInJson(text: string): (path: readonly (string | number)[]) => number {
  const root = readPositions(text)
  return (path) => {
    let at = root
    for (const key of path) {
      const next = at.inside.get(String(key))
      if (next === undefined) break
      at = next
    }
    return countLines(text, at.offset)
  }
}

function countLines(text: string, end: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) line++
  return line
}

function readPositions(text: string): Position {
  let at = 0
  const skipSpace = (): void => {
    while (/\s/.test(text.charAt(at))) at++
  }
  const readString = (): string => {
    const start = at++
    while (text[at] !== '"' && at < text.length) at += text[at] === '\\' ? 2 : 1
    return text.slice(start, ++at)
  }
  const readMembers = (close: string, readKey: (i: number) => [key: string, offset: number]): Map<string, Position> => {
    const inside = new Map<string, Position>()
    at++
    for (skipSpace(); text[at] !== close && at < text.length; skipSpace()) {
      const [key, offset] = readKey(inside.size)
      inside.set(key, readValue(offset))
      skipSpace()
      if (text[at] === ',') at++
    }
    at++
    return inside
  }
  const readMember = (): [string, number] => {
    const offset = at
    const key: string = JSON.parse(readString())
    skipSpace()
    at++ // the colon
    skipSpace()
    return [key, offset]
  }
  const readValue = (offset: number): Position => {
    if (text[at] === '{') return { offset, inside: readMembers('}', readMember) }
    if (text[at] === '[') return { offset, inside: readMembers(']', (i) => [String(i), at]) }
    if (text[at] === '"') readString()
    else while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at++
    return { offset, inside: NONE }
  }
  skipSpace()
  return readValue(at)
}
