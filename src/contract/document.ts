import { readFile, realpath } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { JsonObject, JsonValue } from './json.ts'
import { isObject } from './json.ts'
import { escapePointer, unescapePointer } from './pointer.ts'

/** A YAML or JSON file that cannot be used. The message holds one line for each fault: file, line, what, and how to mend it. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** A YAML or JSON file, read: its text, its value, and the line (from 1) on which the value at a path stands. */
export interface SourceFile {
  readonly file: string
  readonly text: string
  readonly value: JsonValue
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** Reads a YAML or JSON file; a FileError lists its syntax faults with their lines. */
export async function loadFile(file: string): Promise<SourceFile> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new FileError([`${file}: cannot be read (${error.code ?? error.message}); give the path of a YAML or JSON file`])
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  if (document.errors.length > 0) {
    throw new FileError(document.errors.map((fault) => `${file}:${lines.linePos(fault.pos[0]).line} ${fault.message}; mend the YAML`))
  }
  const lineOf = (path: readonly (string | number)[]): number => {
    let node: unknown = document.contents
    let offset = 0
    for (const key of path) {
      const pair: unknown = isMap(node) ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key)) : undefined
      const next: unknown = isPair(pair) ? pair.value : typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items) ? node.items[Number(key)] : undefined
      const at: unknown = isPair(pair) ? pair.key : next
      if (!hasRange(at)) break
      offset = at.range[0]
      node = next
    }
    return lines.linePos(offset).line || 1
  }
  const value: JsonValue = document.toJS()
  return { file, text, value, lineOf }
}

function hasRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}

/** A contract read from disk: the source as it stands, and one document in which every `$ref` is internal. */
export interface LoadedDocument {
  readonly source: SourceFile
  readonly document: JsonObject
}

/**
 * Reads a contract and what its `$ref`s name. Only files inside the contract's own folder are read, links followed;
 * everything else is a fault: no file elsewhere, nothing from the network.
 */
export async function loadDocument(file: string): Promise<LoadedDocument> {
  const source = await loadFile(resolve(file))
  if (!isObject(source.value)) throw new FileError([`${file}:1 is no OpenAPI document; it must be a mapping with openapi, info and paths`])
  const root = await realpath(dirname(source.file))
  const files: Record<string, JsonValue> = {}
  const faults: string[] = []

  const include = async (target: string, from: string): Promise<string | undefined> => {
    const path = resolve(dirname(from), decodeURIComponent(target))
    const real = await realpath(path).catch(() => path)
    if (/^[a-z][a-z0-9+.-]*:/i.test(target) || !`${real}${sep}`.startsWith(`${root}${sep}`)) {
      faults.push(`${from}: $ref '${target}' leaves the contract's folder; copy what it names into ${root}`)
      return undefined
    }
    const name = relative(root, real)
    if (real === (await realpath(source.file))) return ''
    if (!(name in files)) {
      files[name] = null
      const included = await loadFile(real)
      files[name] = await walk(included.value, real, `/x-files/${escapePointer(name)}`)
    }
    return `/x-files/${escapePointer(name)}`
  }

  const walk = async (value: JsonValue, from: string, prefix: string): Promise<JsonValue> => {
    if (Array.isArray(value)) return Promise.all(value.map((item) => walk(item, from, prefix)))
    if (!isObject(value)) return value
    const entries: [string, JsonValue][] = []
    for (const [key, item] of Object.entries(value)) {
      if (key === '$ref' && typeof item === 'string') {
        const [target = '', pointer = ''] = item.split('#', 2)
        const base = target === '' ? prefix : await include(target, from)
        entries.push([key, base === undefined ? '#' : `#${base}${pointer}`])
      } else entries.push([key, await walk(item, from, prefix)])
    }
    return Object.fromEntries(entries)
  }

  const document = await walk(source.value, source.file, '')
  if (faults.length > 0) throw new FileError(faults)
  if (!isObject(document) || Object.keys(files).length === 0) return { source, document: source.value }
  return { source, document: { ...document, 'x-files': files } }
}

/** Throws a FileError unless the document is a valid OpenAPI 3.0 or 3.1 document, as swagger-parser sees it. */
export async function validateDocument({ source, document }: LoadedDocument): Promise<void> {
  if (!/^3\.[01]\./.test(String(document['openapi']))) {
    throw new FileError([`${source.file}:${source.lineOf(['openapi'])} openapi: ${JSON.stringify(document['openapi'])} is not supported; write a 3.0 or 3.1 document`])
  }
  const { default: SwaggerParser } = await import('@apidevtools/swagger-parser')
  const copy = structuredClone(document)
  try {
    await SwaggerParser.validate(copy as never, { resolve: { external: false } })
  } catch (error) {
    const details = error instanceof Error && 'details' in error && Array.isArray(error.details) ? error.details : [{ message: messageOf(error) }]
    throw new FileError(
      details.slice(0, 20).map((detail: { instancePath?: string | string[]; message?: string }) => {
        const path = (Array.isArray(detail.instancePath) ? detail.instancePath : (detail.instancePath ?? '').split('/').slice(1)).map(unescapePointer)
        return `${source.file}:${source.lineOf(path)} ${path.join('.') || 'the document'}: ${detail.message?.trim().split('\n')[0]}; see the OpenAPI ${String(document['openapi'])} specification`
      }),
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
