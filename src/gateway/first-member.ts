import { type JsonValue, isObject } from '../util/json.ts'

/**
 * The value of the first member of this name in the bytes of valid JSON, if it is no object and no list. `value` is the
 * parsed JSON, which has the last one. Undefined if the JSON is not an object with this member.
 */
export function firstMember(json: Buffer, name: string, value: JsonValue): JsonValue | undefined {
  if (!isObject(value)) return undefined
  const key = JSON.stringify(name)
  const isRepeated = json.indexOf(key) !== json.lastIndexOf(key)
  return isRepeated ? (firstIn(json.toString('utf8'), key) ?? value[name]) : value[name]
}

// Looks for the key at the first level. Takes linear time, and no stack for long strings.
function firstIn(json: string, key: string): JsonValue | undefined {
  let depth = 0
  for (let at = nextMark(json, 0); at >= 0;) {
    const mark = json[at]
    const end = mark === '"' ? endOfString(json, at) : at + 1
    if (mark === '{' || mark === '[') depth++
    else if (mark === '}' || mark === ']') depth--
    else if (depth === 1 && end - at === key.length && json.startsWith(key, at)) {
      const scalar = scalarAfter(json, end)
      if (scalar !== undefined) return JSON.parse(scalar)
    }
    at = nextMark(json, end)
  }
  return undefined
}

/** The position of the next quote or bracket. -1 if there is none. */
export function nextMark(json: string, from: number): number {
  MARK.lastIndex = from
  return MARK.exec(json)?.index ?? -1
}

const MARK = /["{}[\]]/g

/** The position after the closing quote: the first one after an even number of backslashes. */
export function endOfString(json: string, open: number): number {
  for (let quote = json.indexOf('"', open + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let before = quote - 1
    while (json[before] === '\\') before--
    if ((quote - before) % 2 === 1) return quote + 1
  }
  return json.length
}

// The text of the value after a key. Undefined for an object, for a list, and for a text that is itself a value.
function scalarAfter(json: string, end: number): string | undefined {
  COLON.lastIndex = end
  const start = COLON.exec(json) === null ? undefined : COLON.lastIndex
  if (start === undefined) return undefined
  if (json[start] === '"') return json.slice(start, endOfString(json, start))
  WORD.lastIndex = start
  return WORD.exec(json)?.[0]
}

const COLON = /\s*:\s*/y
const WORD = /[-\w.+]+/y
