import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { escapePointer, pointerOf, toPath, valueAt, valueIn } from './json-pointer.ts'
import { mapObjects } from './normalize-schema.ts'

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

/** Maximum size of a file, in bytes. */
const MAX_FILE = 16_777_216

/** Reads a YAML or JSON file of at most 16 MiB. Throws a FileError that lists the syntax errors with their lines. */
export async function loadFile(file: string): Promise<SourceFile> {
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
    throw new FileError([
      `${file}: cannot be read (${error.code ?? error.message}); use the path of a YAML or JSON file`,
    ])
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  if (document.errors.length > 0) {
    throw new FileError(
      document.errors.map((fault) => `${file}:${lines.linePos(fault.pos[0]).line} ${fault.message}; fix the YAML`),
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

// Only a regular file: a pipe or a device may never end.
async function readText(file: string): Promise<string> {
  const stats = await stat(file)
  if (!stats.isFile()) throw new Error('it is not a file')
  if (stats.size > MAX_FILE) throw new Error(`it is larger than ${MAX_FILE} bytes`)
  return readFile(file, 'utf8')
}

/** A contract that was read from disk: its main file, and one document with the content of all its files. */
export interface LoadedDocument {
  readonly source: SourceFile
  readonly document: JsonObject
  /** File and line of the value at a path of the document. */
  readonly placeOf: (path: readonly string[]) => string
}

/**
 * Reads a contract and the files that its `$ref`s point to. These must be in the folder of the contract, also after
 * symbolic links are resolved. A `$ref` to another folder or to the network is an error.
 */
export async function loadDocument(file: string): Promise<LoadedDocument> {
  const source = await loadFile(resolve(file))
  if (!isObject(source.value))
    throw new FileError([
      `${source.file}:1 is not an OpenAPI document; it must be a mapping with openapi, info and paths`,
    ])
  const { document, files } = await joinFiles(source)
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
async function joinFiles(source: SourceFile) {
  const root = await realpath(dirname(source.file))
  const own = relative(root, await realpath(source.file))
  const files = new Map([[own, source]])
  const contents = new Map<string, JsonValue>()
  const faults: string[] = []
  for (const [name, from] of files) {
    const targets = new Map<string, string>()
    for (const { text, path } of refsIn(from.value)) {
      if (text.startsWith('#') || targets.has(fileIn(text))) continue
      const target = await findRef(text, root, name === own ? '.' : dirname(name))
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

// Every `$ref` of a file and the path to it, except in data such as examples.
function refsIn(value: JsonValue): { readonly text: string; readonly path: readonly string[] }[] {
  const refs: { text: string; path: readonly string[] }[] = []
  if (!isObject(value)) return refs
  mapObjects(value, (object, path) => {
    if (typeof object['$ref'] === 'string') refs.push({ text: object['$ref'], path: [...path, '$ref'] })
    return object
  })
  return refs
}

// The path, from the root, of the file that a `$ref` in a folder of the root points to.
async function findRef(ref: string, root: string, folder: string): Promise<{ name: string } | { fault: string }> {
  const leaves = { fault: `points outside the contract's folder; copy the file into ${root}` }
  if (/^[a-z][a-z\d+.-]*:/i.test(ref) || ref.startsWith('//')) return leaves
  let target: string
  try {
    target = resolve(join(root, folder), decodeURIComponent(ref.split('#')[0] ?? ''))
  } catch {
    return { fault: 'is not valid percent-encoding; write a % as %25' }
  }
  if (!isInside(root, target)) return leaves
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

/** Maximum number of errors that are listed for a document. */
const MAX_FAULTS = 20

/** Validates a document as OpenAPI 3.0 or 3.1 with swagger-parser. Throws a FileError if it is not valid. */
export async function validateDocument({ source, document, placeOf }: LoadedDocument): Promise<void> {
  const version = ['openapi', 'swagger'].find((key) => document[key] !== undefined) ?? 'openapi'
  const { openapi } = document
  if (version === 'swagger' || typeof openapi !== 'string' || !/^3\.[01]\./.test(openapi)) {
    throw new FileError([
      `${placeOf([version])} ${version}: ${JSON.stringify(document[version])} is not supported; use OpenAPI 3.0 or 3.1`,
    ])
  }
  const { default: SwaggerParser } = await import('@apidevtools/swagger-parser')
  const copy: Parameters<typeof SwaggerParser.validate>[0] = JSON.parse(JSON.stringify(document)) // is changed
  try {
    await SwaggerParser.validate(copy, { resolve: { external: false } })
  } catch (error) {
    const details =
      error instanceof Error && 'details' in error && Array.isArray(error.details)
        ? error.details
        : [{ message: messageOf(error) }]
    const found = details.map((detail: { instancePath?: string | string[]; message?: string }) => ({
      path: Array.isArray(detail.instancePath) ? detail.instancePath : toPath(detail.instancePath ?? ''),
      message: detail.message?.trim().split('\n')[0] ?? '',
    }))
    // Every object around an error also has an error: "either this or a $ref".
    const causes = found.filter(({ message }) => !/'\$ref'|exactly one schema in oneOf/.test(message))
    const lines = (causes.length > 0 ? causes : found).map(({ path, message }) => {
      const place = path.length === 0 ? source.file : placeOf(path)
      return `${place} ${path.join('.') || 'the document'}: ${message}; see the OpenAPI ${openapi} specification`
    })
    throw new FileError([...new Set(lines)].slice(0, MAX_FAULTS))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
