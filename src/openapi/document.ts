import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import type { JsonValue } from '../util/json.ts'

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
  const [text, { parseFile }] = await Promise.all([readText(file), import('./parse-yaml.ts')])
  return parseFile(file, text)
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
