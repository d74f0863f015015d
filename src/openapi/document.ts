import { isUtf8 } from 'node:buffer'
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { escapePointer, pointerOf, valueAt, valueIn } from './json-pointer.ts'
import { mapObjects } from './normalize-schema.ts'
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

function parseFile(file: string, text: string): SourceFile {
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

async function readText(file: string): Promise<string> {
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

/** A contract that was read from disk: its main file, and one document with the content of all its files. */
export interface LoadedDocument {
  readonly source: SourceFile
  readonly document: JsonObject
  /** File and line of the value at a path of the document. */
  readonly placeOf: (path: readonly string[]) => string
}

// Without it, errors in the YAML of the file do not matter: it is another text.
const VERSION_KEY = /(?:openapi|swagger)["']?\s*:/

/**
 * Reads a contract and the files that its `$ref`s point to. These must be in the folder of the contract, also after
 * symbolic links are resolved. A `$ref` to another folder or to the network is an error.
 */
export async function loadDocument(file: string, onRead: OnRead = () => {}): Promise<LoadedDocument> {
  const absolute = resolve(file)
  onRead(absolute)
  const content = await readText(absolute)
  const isOther = (reason: string): FileError =>
    new FileError([`${file} is not an OpenAPI document: ${reason}. Use an OpenAPI 3.0 or 3.1 file.`])
  if (content.trim() === '') throw isOther('it is empty')
  if (!VERSION_KEY.test(content)) throw isOther("it has no key 'openapi'")
  const source = parseFile(absolute, content)
  const { value } = source
  if (!isObject(value) || !['openapi', 'swagger'].some((key) => key in value)) throw isOther("it has no key 'openapi'")
  const { document, files } = await joinFiles(source, onRead)
  const originOf = (path: readonly string[]): [SourceFile, readonly string[]] => {
    const included = path[0] === 'x-files' ? files.get(path[1] ?? '') : undefined
    return included === undefined ? [source, path] : [included, path.slice(2)]
  }
  const placeOf = (path: readonly string[]): string => {
    const [from, inside] = originOf(path)
    return `${from.file}:${from.lineOf(inside)}`
  }
  const faults = refsIn(document)
    .filter(({ text }) => {
      const pointer = pointerOf(text)
      return pointer === undefined || valueAt(document, pointer) === undefined
    })
    .map(({ text, path }) => {
      const [from, inside] = originOf(path)
      const written = valueIn(from.value, inside)
      return `${placeOf(path)} $ref '${typeof written === 'string' ? written : text}' points to nothing; fix the part after the #, for example #/components/schemas/Name`
    })
  if (faults.length > 0) throw new FileError(faults)
  return { source, document, placeOf }
}

// Reads all files of a contract. Returns them by their paths relative to its folder, and one document with their
// content: that of the other files is under `x-files`.
async function joinFiles(source: SourceFile, onRead: OnRead) {
  const root = await realpath(dirname(source.file))
  const own = relative(root, await realpath(source.file))
  const files = new Map([[own, source]])
  const contents = new Map<string, JsonValue>()
  const faults: string[] = []
  for (const [name, from] of files) {
    const targets = new Map<string, string>()
    for (const { text, path } of refsIn(from.value)) {
      if (text.startsWith('#') || targets.has(fileIn(text))) continue
      const target = await findRef(text, { root, folder: name === own ? '.' : dirname(name), onRead })
      if ('fault' in target) {
        faults.push(`${from.file}:${from.lineOf(path)} $ref '${text}' ${target.fault}`)
        continue
      }
      targets.set(fileIn(text), target.name)
      if (files.has(target.name)) continue
      const read = await loadFile(join(root, target.name)).catch((error: unknown) => {
        if (!(error instanceof FileError)) throw error
        faults.push(...error.faults)
      })
      if (read !== undefined) files.set(target.name, read)
    }
    const toInternal = (ref: string): string => {
      const target = ref.startsWith('#') ? name : (targets.get(fileIn(ref)) ?? own)
      return `#${target === own ? '' : `/x-files/${encodeURIComponent(escapePointer(target))}`}${ref.split('#')[1] ?? ''}`
    }
    contents.set(name, withRefs(from.value, toInternal))
  }
  if (faults.length > 0) throw new FileError(faults)
  const { [own]: joined, ...others } = Object.fromEntries(contents)
  const document: JsonObject = { ...(isObject(joined) ? joined : {}), ...(files.size > 1 ? { 'x-files': others } : {}) }
  return { document, files }
}

function fileIn(ref: string): string {
  return ref.split('#')[0] ?? ''
}

function withRefs(value: JsonValue, change: (ref: string) => string): JsonValue {
  if (!isObject(value)) return value
  return mapObjects(value, (object) =>
    typeof object['$ref'] === 'string' ? { ...object, $ref: change(object['$ref']) } : object,
  )
}

/** Every `$ref` of a file and the path to it, except in data such as examples. */
export function refsIn(value: JsonValue): { readonly text: string; readonly path: readonly string[] }[] {
  const refs: { text: string; path: readonly string[] }[] = []
  if (!isObject(value)) return refs
  mapObjects(value, (object, path) => {
    if (typeof object['$ref'] === 'string') refs.push({ text: object['$ref'], path: [...path, '$ref'] })
    return object
  })
  return refs
}

// The path, from the root, of the file that a `$ref` in a folder of the root points to.
async function findRef(
  ref: string,
  { root, folder, onRead }: { readonly root: string; readonly folder: string; readonly onRead: OnRead },
): Promise<{ name: string } | { fault: string }> {
  const leaves = { fault: `points outside the contract's folder; copy the file into ${root}` }
  if (/^[a-z][a-z\d+.-]*:/i.test(ref) || ref.startsWith('//')) return leaves
  let target: string
  try {
    target = resolve(join(root, folder), decodeURIComponent(ref.split('#')[0] ?? ''))
  } catch {
    return { fault: 'is not valid percent-encoding; write a % as %25' }
  }
  if (!isInside(root, target)) return leaves
  onRead(target)
  try {
    const real = await realpath(target)
    return isInside(root, real) ? { name: relative(root, real) } : leaves
  } catch {
    return { fault: 'points to a file that does not exist; fix the path' }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way)
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
