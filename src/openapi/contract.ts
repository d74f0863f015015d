import { basename } from 'node:path'
import { type JsonObject, isObject } from '../util/json.ts'
import type { OnRead, SourceFile } from './document.ts'
import { toPath } from './json-pointer.ts'
import { type Operation, toOperations } from './operation.ts'
import type { Validator } from './validator.ts'

/** An OpenAPI document, its Operations, and the validators of their requests. */
export interface Contract {
  readonly document: JsonObject
  /** Name of its file, without folders. */
  readonly file: string
  /** In the order in which they are routed. */
  readonly operations: readonly Operation[]
  /** By the JSON pointers of their schemas. */
  readonly validators: ReadonlyMap<string, Validator>
  /** The document as its author wrote it. */
  readonly source: () => Promise<SourceFile>
}

/** Creates a Contract whose document is parsed on first use. */
export function toContract(parts: Omit<Contract, 'document'> & { readonly document: () => JsonObject }): Contract {
  const { document, ...others } = parts
  return {
    ...others,
    get document() {
      return document()
    },
  }
}

/** The title and version of a contract. Without a title it is the name of the file. */
export function infoOf({ document: { info }, file }: Contract): { readonly title: string; readonly version: string } {
  const textOf = (name: string): string => {
    const value = (isObject(info) ? info[name] : undefined) ?? ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return { title: textOf('title').trim() || file, version: textOf('version') }
}

// Media types are sent in a header.
const MEDIA_TYPE = /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+[ \t]*(?:;[\x20-\x7e]*)?$/

/** Loads a contract from an OpenAPI 3.0 or 3.1 file. Throws a FileError that lists all errors. */
export async function loadContract(file: string, onRead?: OnRead): Promise<Contract> {
  const [{ FileError, loadDocument }, { validateDocument }, { compileValidators }] = await Promise.all([
    import('./document.ts'),
    import('./validate-document.ts'),
    import('./validator.ts'),
  ])
  try {
    const loaded = await loadDocument(file, onRead)
    await validateDocument(loaded)
    const { document, source, placeOf } = loaded
    const operations = toOperations(document)
    const invalid = operations
      .flatMap(({ body, responses }) => [body ?? [], responses].flat())
      .flatMap(({ mediaTypes }) => mediaTypes.filter((mediaType) => !MEDIA_TYPE.test(mediaType)))
      .map((mediaType) => `${file}: ${JSON.stringify(mediaType)} is not a media type; use one like application/json`)
    if (invalid.length > 0) throw new FileError([...new Set(invalid)])
    const { validators, faults } = compileValidators(document, operations)
    const unusable = faults.map(
      ({ pointer, reason }) => `${placeOf(toPath(pointer))} the schema is not valid: ${reason}; fix the schema`,
    )
    if (unusable.length > 0) throw new FileError(unusable)
    return { document, file: basename(file), operations, validators, source: async () => source }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error // the stack overflows on a document that contains itself
    throw new FileError([
      `${file}: the document is nested too deeply or refers to itself; remove the circular reference`,
    ])
  }
}
