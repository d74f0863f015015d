import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { escapePointer, pointerOf, toPath, valueAt } from './json-pointer.ts'
import { findRef, refsIn } from './resolve-ref.ts'
import { mapObjects } from './normalize-schema.ts'

/** A YAML or JSON file that cannot be used. The message has one line for each fault: file, line, what is wrong, how to fix it. */
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

/** Reads a YAML or JSON file of at most 16 MiB; a FileError lists its syntax faults with their lines. */
export async function loadFile(file: string): Promise<SourceFile> {
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
    throw new FileError([
      `${file}: cannot be read (${error.code ?? error.message}); give the path of a YAML or JSON file`,
    ])
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  if (document.errors.length > 0) {
    throw new FileError(
      document.errors.map((fault) => `${file}:${lines.linePos(fault.pos[0]).line} ${fault.message}; mend the YAML`),
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
    throw new FileError([`${file}: ${messageOf(error)}; write out what the YAML aliases name`]) // too many of them
  }
}

// A pipe or a device may never end.
async function readText(file: string): Promise<string> {
  const stats = await stat(file)
  if (!stats.isFile()) throw new Error('it is no file')
  if (stats.size > MAX_FILE) throw new Error(`it has more than ${MAX_FILE} bytes`)
  return readFile(file, 'utf8')
}

/** A contract read from disk: its own file, and one document with the content of all files, in which every `$ref` is internal. */
export interface LoadedDocument {
  readonly source: SourceFile
  readonly document: JsonObject
  /** File and line of the value at a path of the document. */
  readonly placeOf: (path: readonly string[]) => string
}

/** The files of a contract by their paths from its folder, the contract itself first. */
interface Files {
  readonly own: string
  readonly files: ReadonlyMap<string, SourceFile>
  /** The path of the file that a `$ref` in a file points to. */
  readonly targetOf: (name: string, ref: string) => string
}

/**
 * Reads a contract and the files that its `$ref`s point to. They must be in the contract's own folder, symbolic links resolved:
 * a `$ref` to another folder or to the network is a fault.
 */
export async function loadDocument(file: string): Promise<LoadedDocument> {
  const source = await loadFile(resolve(file))
  if (!isObject(source.value))
    throw new FileError([`${source.file}:1 is no OpenAPI document; it must be a mapping with openapi, info and paths`])
  const all = await readFiles(source)
  const { own, files } = all
  const { [own]: main = null, ...others } = Object.fromEntries(
    [...files].map(([name, { value }]) => [name, withInternalRefs(all, name, value)]),
  )
  const document: JsonObject = files.size === 1 || !isObject(main) ? source.value : { ...main, 'x-files': others }
  checkPointers(all, document)
  const placeOf = (path: readonly string[]): string => {
    const included = path[0] === 'x-files' ? files.get(path[1] ?? '') : undefined
    return included === undefined
      ? `${source.file}:${source.lineOf(path)}`
      : `${included.file}:${included.lineOf(path.slice(2))}`
  }
  return { source, document, placeOf }
}

async function readFiles(source: SourceFile): Promise<Files> {
  const root = await realpath(dirname(source.file))
  const own = relative(root, await realpath(source.file))
  const files = new Map([[own, source]])
  const targets = new Map<string, string>()
  const faults: string[] = []
  for (const [name, from] of files) {
    for (const { text, path } of refsIn(from.value)) {
      if (text.startsWith('#') || targets.has(keyOf(name, text))) continue
      const target = await findRef(text, root, name === own ? '.' : dirname(name))
      if ('fault' in target) {
        faults.push(`${from.file}:${from.lineOf(path)} $ref '${text}' ${target.fault}`)
        continue
      }
      targets.set(keyOf(name, text), target.name)
      if (files.has(target.name)) continue
      const read = await loadFile(join(root, target.name)).catch((error: unknown) => {
        if (!(error instanceof FileError)) throw error
        faults.push(...error.faults)
      })
      if (read !== undefined) files.set(target.name, read)
    }
  }
  if (faults.length > 0) throw new FileError(faults)
  return { own, files, targetOf: (name, ref) => (ref.startsWith('#') ? name : (targets.get(keyOf(name, ref)) ?? own)) }
}

function keyOf(name: string, ref: string): string {
  return `${name}\n${ref.split('#')[0]}`
}

function withInternalRefs(all: Files, name: string, value: JsonValue): JsonValue {
  if (!isObject(value)) return value
  return mapObjects(value, (object) =>
    typeof object['$ref'] === 'string' ? { ...object, $ref: toInternal(all, name, object['$ref']) } : object,
  )
}

function toInternal({ own, targetOf }: Files, name: string, ref: string): string {
  const target = targetOf(name, ref)
  return `#${target === own ? '' : `/x-files/${encodeURIComponent(escapePointer(target))}`}${ref.split('#')[1] ?? ''}`
}

function checkPointers(all: Files, document: JsonObject): void {
  const faults = [...all.files].flatMap(([name, from]) =>
    refsIn(from.value)
      .filter(({ text }) => {
        const pointer = pointerOf(toInternal(all, name, text))
        return pointer === undefined || valueAt(document, pointer) === undefined
      })
      .map(
        ({ text, path }) =>
          `${from.file}:${from.lineOf(path)} $ref '${text}' names nothing; mend what stands behind the #, as in #/components/schemas/Name`,
      ),
  )
  if (faults.length > 0) throw new FileError(faults)
}

/** Maximum number of faults that are listed for a document. */
const MAX_FAULTS = 20

/** Throws a FileError unless swagger-parser finds the document to be valid OpenAPI 3.0 or 3.1. */
export async function validateDocument({ source, document, placeOf }: LoadedDocument): Promise<void> {
  const version = ['openapi', 'swagger'].find((key) => document[key] !== undefined) ?? 'openapi'
  const { openapi } = document
  if (version === 'swagger' || typeof openapi !== 'string' || !/^3\.[01]\./.test(openapi)) {
    throw new FileError([
      `${placeOf([version])} ${version}: ${JSON.stringify(document[version])} is not supported; write a 3.0 or 3.1 document`,
    ])
  }
  const { default: SwaggerParser } = await import('@apidevtools/swagger-parser')
  const copy: Parameters<typeof SwaggerParser.validate>[0] = JSON.parse(JSON.stringify(document)) // it changes its argument
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
    // "Either this or a $ref" is reported for every object around a fault as well.
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
