import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { JsonValue } from '../util/json.ts'
import { describeYamlError } from './yaml-error.ts'

/** A YAML or JSON file is not valid. The message has a line for each error: file, line, problem, fix. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** A YAML or JSON file: its text, its value, and the line (from 1) of the value at a path. */
export interface SourceFile {
  readonly file: string
  readonly text: string
  readonly value: JsonValue
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/**
 * Called with each file before it is read or looked for, and with each folder before it is listed. `isRead` tells which
 * files of a folder are read.
 */
export type OnRead = (path: string, isRead?: (name: string) => boolean) => void

/** Maximum size of a file, in bytes. */
const MAX_FILE = 16_777_216

/** Reads a YAML or JSON file of at most 16 MiB. Throws a FileError that lists the syntax errors with their lines. */
export async function loadFile(file: string): Promise<SourceFile> {
  return parseFile(file, await readText(file))
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

/** Reads the text of a file of at most 16 MiB. Throws a FileError. */
export async function readText(file: string): Promise<string> {
  try {
    const stats = await stat(file)
    if (!stats.isFile()) throw new Error('it is not a file') // a pipe or a device may never end
    if (stats.size > MAX_FILE) throw new Error(`it is larger than ${MAX_FILE} bytes`)
    const bytes = await readFile(file)
    if (!isUtf8(bytes)) throw new Error('it is not UTF-8 text')
    return bytes.toString()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
    throw new FileError([`${file}: cannot be read (${reason}); use the path of a YAML or JSON file`])
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
