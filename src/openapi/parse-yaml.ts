import { CORE_SCHEMA, load, mergeTag } from 'js-yaml'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { JsonValue } from '../util/json.ts'
import { type SourceFile, FileError, messageOf } from './document.ts'
import { describeYamlError } from './yaml-error.ts'

const SCHEMA = CORE_SCHEMA.withTags(mergeTag)

/**
 * Parses the text of a large YAML file with js-yaml, which takes a fifth of the time of `yaml` and a third of its memory.
 * Undefined if it is not valid or has aliases: `yaml` reports errors with their lines, and bounds aliases.
 */
export function parseLargeYaml(text: string): JsonValue | undefined {
  try {
    const value = load(text, { schema: SCHEMA, maxAliases: 0 })
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

// The schema has only the types of JSON.
function isJson(value: unknown): value is JsonValue {
  return value !== undefined
}

/** Parses the text of a YAML or JSON file. Throws a FileError that lists the syntax errors with their lines. */
export function parseFile(file: string, text: string): SourceFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  if (document.errors.length > 0) {
    throw new FileError(
      document.errors.map((fault) => `${file}:${lines.linePos(fault.pos[0]).line} ${describeYamlError(fault.message)}`),
    )
  }
  const lineOf = (path: readonly (string | number)[]): number => {
    let node: unknown = document.contents
    let offset = 0
    for (const key of path) {
      const isKey = (other: unknown): boolean => isScalar(other) && String(other.value) === String(key)
      const pair = isMap(node) ? node.items.find((item) => isKey(item.key)) : undefined
      const next = isSeq(node) ? node.items[Number(key)] : pair?.value
      const start = pair?.key ?? next
      if (!isNode(start)) break
      offset = start.range?.[0] ?? offset
      node = next
    }
    return lines.linePos(offset).line || 1
  }
  try {
    const value: JsonValue = document.toJS()
    return { file, text, value, lineOf }
  } catch (error) {
    throw new FileError([`${file}: ${messageOf(error)}; use fewer YAML aliases`])
  }
}
