import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { nextTurn } from '../util/next-turn.ts'
import { type OnRead, type SourceFile, FileError, readText } from './document.ts'
import { lineInJson } from './json-lines.ts'
import { pointerOf, toPointer, valueAt } from './json-pointer.ts'
import { type Identifiers, type Reference, findIdentified, readReferences, uriOf } from './references.ts'

/** A part of a contract that is not valid, and is therefore ignored. */
export interface Problem {
  readonly path: readonly string[]
  readonly message: string
  /** What the mock does instead. */
  readonly consequence: string
}

/** A contract that was read from disk: its main file, and one document with the content of all its files. */
export interface LoadedDocument {
  /** The main file as its author wrote it. */
  readonly source: () => Promise<SourceFile>
  readonly file: string
  /** Each `$ref` in it is a JSON pointer of this document: `#/components/schemas/One`. */
  readonly document: JsonObject
  /** File and line of the value at a path of the document. */
  readonly placeOf: (path: readonly string[]) => string
  /** The references that point to nothing. */
  readonly broken: readonly Problem[]
}

// Without it, errors in the YAML of the file do not matter: it is another text.
const VERSION_KEY = /(?:openapi|swagger)["']?\s*:/

/**
 * Reads a contract and the files that its `$ref`s point to. These must be in the folder of the contract, also after
 * symbolic links are resolved. A `$ref` to another folder or to the network is an error.
 */
export async function loadDocument(file: string, onRead: OnRead = () => {}): Promise<LoadedDocument> {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(file))
    throw new FileError([`${file}: nothing is fetched from the network; download the document and use its path`])
  const absolute = resolve(file)
  onRead(absolute)
  const content = await readText(absolute)
  const isOther = (reason: string): FileError =>
    new FileError([`${file} is not an OpenAPI document: ${reason}. Use an OpenAPI 3.0 or 3.1 file.`])
  if (content.trim() === '') throw isOther('it is empty')
  if (!VERSION_KEY.test(content)) throw isOther("it has no key 'openapi'")
  const main = await readContent(absolute, content)
  await nextTurn()
  const { value } = main
  if (!isObject(value) || !['openapi', 'swagger'].some((key) => key in value)) throw isOther("it has no key 'openapi'")
  return joinFiles(main, onRead)
}

/** A file of a contract. Its `value` becomes a part of the document, and is changed there. */
interface PartFile extends Omit<SourceFile, 'value'> {
  readonly value: JsonValue
}

// A large document is parsed without the lines of its values. They are found when there is an error. JSON needs no YAML
// parser, which has 8 MB.
async function readContent(file: string, text: string): Promise<PartFile> {
  const json = /^\s*\{/.test(text) ? parseJson(text) : undefined
  if (json !== undefined) return { file, text, value: json, lineOf: late(() => lineInJson(text)) }
  const { parseFile, parseLargeYaml } = await import('./parse-yaml.ts')
  const value = parseLargeYaml(text)
  if (value === undefined) return parseFile(file, text)
  return { file, text, value, lineOf: late(() => parseFile(file, text).lineOf) }
}

function late(create: () => SourceFile['lineOf']): SourceFile['lineOf'] {
  let lineOf: SourceFile['lineOf'] | undefined
  return (path) => (lineOf ??= create())(path)
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Part {
  readonly name: string
  readonly from: PartFile
  readonly references: readonly Reference[]
  /** The names of the files that references of this file point to. */
  readonly targets: ReadonlyMap<string, string>
}

// Reads all files of a contract. The content of the other files is under `x-files`, by their paths relative to the
// contract's folder.
async function joinFiles(main: PartFile, onRead: OnRead): Promise<LoadedDocument> {
  const root = await realpath(dirname(main.file))
  const own = relative(root, await realpath(main.file))
  const version = isObject(main.value) ? main.value['openapi'] : undefined
  const identifiers = typeof version === 'string' && version.startsWith('3.0.') ? undefined : createIdentifiers()
  const files = new Map([[own, main]])
  const parts: Part[] = []
  const faults: string[] = []
  const rootOf = (name: string): readonly string[] => (name === own ? [] : ['x-files', name])
  for (const [name, from] of files) {
    const uri = uriOf(name)
    const references = readReferences(from.value, { uri, root: rootOf(name) }, identifiers)
    const targets = new Map<string, string>()
    parts.push({ name, from, references, targets })
    for (const reference of references) {
      const { text, path, keyword } = reference
      if (text.startsWith('#') || targets.has(fileIn(text))) continue
      if (identifiers !== undefined && findIdentified(reference, uri, identifiers) !== undefined) continue
      const target = await findFile(text, { root, folder: name === own ? '.' : dirname(name), onRead })
      if ('fault' in target) {
        faults.push(`${from.file}:${from.lineOf([...path, keyword])} ${keyword} '${text}' ${target.fault}`)
        continue
      }
      targets.set(fileIn(text), target.name)
      if (files.has(target.name)) continue
      try {
        const other = join(root, target.name)
        files.set(target.name, await readContent(other, await readText(other)))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        faults.push(...error.faults)
      }
    }
  }
  if (faults.length > 0) throw new FileError(faults)
  const others = Object.fromEntries(
    [...files].filter(([name]) => name !== own).map(([name, { value }]) => [name, value]),
  )
  const joined = isObject(main.value) ? main.value : {}
  const document: JsonObject = files.size > 1 ? { ...joined, 'x-files': others } : joined
  const broken = parts.flatMap((part) => resolveAll(part, { document, rootOf, own, identifiers }))
  const { file, lineOf } = main
  const placeOf = (path: readonly string[]): string => {
    const part = path[0] === 'x-files' ? files.get(path[1] ?? '') : undefined
    return part === undefined ? `${file}:${lineOf(path)}` : `${part.file}:${part.lineOf(path.slice(2))}`
  }
  return {
    file,
    source: async () => ({ ...main, value: (await readContent(file, main.text)).value }),
    document,
    placeOf,
    broken,
  }
}

function createIdentifiers(): Identifiers {
  return { ids: new Map(), anchors: new Map() }
}

interface Joined {
  readonly document: JsonObject
  readonly rootOf: (name: string) => readonly string[]
  readonly own: string
  readonly identifiers: Identifiers | undefined
}

// Changes each reference of a file to a JSON pointer of the joined document. Returns those that point to nothing.
function resolveAll({ name, references, targets }: Part, { document, rootOf, own, identifiers }: Joined): Problem[] {
  const uri = uriOf(name)
  return references.flatMap((reference): Problem[] => {
    const { object, keyword, text, path } = reference
    const identified = identifiers === undefined ? undefined : findIdentified(reference, uri, identifiers)
    const target = text.startsWith('#') ? name : (targets.get(fileIn(text)) ?? own)
    const pointer =
      identified === undefined ? `#${toUri(rootOf(target))}${text.split('#')[1] ?? ''}` : `#${toUri(identified)}`
    if (pointer !== text) Object.assign(object, { [keyword]: pointer })
    const found = pointerOf(pointer)
    if (found !== undefined && valueAt(document, found) !== undefined) return []
    const message = `${keyword} '${text}' points to nothing; fix the part after the #, for example #/components/schemas/Name`
    return [{ path: [...rootOf(name), ...path, keyword], message, consequence: 'any value is accepted here' }]
  })
}

function toUri(path: readonly string[]): string {
  return toPointer(path).split('/').map(encodeURIComponent).join('/')
}

function fileIn(ref: string): string {
  return ref.split('#')[0] ?? ''
}

// The path, from the root, of the file that a `$ref` in a folder of the root points to.
async function findFile(
  ref: string,
  { root, folder, onRead }: { readonly root: string; readonly folder: string; readonly onRead: OnRead },
): Promise<{ name: string } | { fault: string }> {
  const leaves = { fault: `points outside the contract's folder; copy the file into ${root}` }
  if (/^[a-z][a-z\d+.-]*:/i.test(ref) || ref.startsWith('//')) return leaves
  let target: string
  try {
    target = resolve(join(root, folder), decodeURIComponent(fileIn(ref)))
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
