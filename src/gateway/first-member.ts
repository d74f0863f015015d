import { type JsonValue, isObject } from '../util/json.ts'

/**
 * The value of the first member of this name in valid JSON. `value` is the parsed JSON, which has the last one.
 * Undefined if the JSON is not an object with this member.
 */
export function firstMember(json: string, name: string, value: JsonValue): JsonValue | undefined {
  if (!isObject(value)) return undefined
  const key = JSON.stringify(name)
  const isRepeated = json.indexOf(key) !== json.lastIndexOf(key)
  return isRepeated ? (firstIn(json, key) ?? value[name]) : value[name]
}

// Looks for the key at the first level.
function firstIn(json: string, key: string): JsonValue | undefined {
  let depth = 0
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(json); token !== null; token = TOKEN.exec(json)) {
    const [text] = token
    if (text === '{' || text === '[') depth++
    else if (text === '}' || text === ']') depth--
    else if (depth === 1 && text === key) {
      AFTER_KEY.lastIndex = TOKEN.lastIndex
      const scalar = AFTER_KEY.exec(json)?.[1]
      if (scalar !== undefined) return JSON.parse(scalar)
    }
  }
  return undefined
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"`
const TOKEN = new RegExp(`${STRING}|[{}[\\]]`, 'gs')
// A value that is no object and no list.
const AFTER_KEY = new RegExp(String.raw`\s*:\s*(${STRING}|[-\w.+]+)`, 'ys')
