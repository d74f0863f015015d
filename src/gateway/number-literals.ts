import { endOfString, nextMark } from './first-member.ts'

/**
 * The numbers of the members of an object, by their names, as they are written in the bytes of its valid JSON: JSON.parse
 * returns 1e999 as Infinity, and 1.0 as 1. Takes linear time.
 */
export function numberLiterals(bytes: Buffer): ReadonlyMap<string, string> {
  const json = bytes.toString('utf8')
  const literals = new Map<string, string>()
  let depth = 0
  for (let at = nextMark(json, 0); at >= 0;) {
    const mark = json[at]
    const end = mark === '"' ? endOfString(json, at) : at + 1
    if (mark === '{' || mark === '[') depth++
    else if (mark === '}' || mark === ']') depth--
    else if (depth === 1) {
      MEMBER.lastIndex = end
      const literal = MEMBER.exec(json)?.[1]
      if (literal !== undefined) literals.set(JSON.parse(json.slice(at, end)), literal)
    }
    at = nextMark(json, end)
  }
  return literals
}

const MEMBER = /\s*:\s*([-\d][-+.\deE]*)/y
