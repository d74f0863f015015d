import { basename } from 'node:path'
import { type JsonObject, isObject } from '../util/json.ts'
import { nextTurn } from '../util/next-turn.ts'
import type { OnRead, SourceFile } from './document.ts'
import { toPointer } from './json-pointer.ts'
import type { LoadedDocument } from './load-document.ts'
import { type Operation, toOperations } from './operation.ts'
import type { Validators } from './lazy-validators.ts'

/** An OpenAPI document, its Operations, and the validators of their requests. */
export interface Contract {
  readonly document: JsonObject
  /** Name of its file, without folders. */
  readonly file: string
  /** In the order in which they are routed. */
  readonly operations: readonly Operation[]
  /** By the JSON pointers of their schemas. */
  readonly validators: Validators
  /** Loads what the validators need, and must be called before they are used. */
  readonly prepare?: () => Promise<void>
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

/** Loads a contract from an OpenAPI 3.0 or 3.1 file. Throws a FileError if it cannot be used. */
export async function loadContract(file: string, onRead?: OnRead): Promise<Contract> {
  const { contract } = await load(file, onRead)
  return contract
}

/**
 * Loads a contract, and lists the parts of it that are ignored because they are not valid: `FILE:LINE POINTER: problem;
 * consequence`.
 */
export async function validateContract(
  file: string,
): Promise<{ readonly contract: Contract; readonly warnings: readonly string[] }> {
  const [{ contract, loaded }, { findProblems }] = await Promise.all([load(file), import('./find-problems.ts')])
  const problems = await findProblems(loaded)
  const warnings = problems.map(
    ({ path, message, consequence }) => `${loaded.placeOf(path)} #${toPointer(path)}: ${message}; ${consequence}`,
  )
  return { contract, warnings: [...new Set(warnings)] }
}

async function load(
  file: string,
  onRead?: OnRead,
): Promise<{ readonly contract: Contract; readonly loaded: LoadedDocument }> {
  const [{ FileError }, { loadDocument }, { checkDocument }] = await Promise.all([
    import('./document.ts'),
    import('./load-document.ts'),
    import('./check-document.ts'),
  ])
  try {
    const loaded = await loadDocument(file, onRead)
    await nextTurn() // a large document takes seconds: the command can print that it is loading
    checkDocument(loaded)
    await nextTurn()
    const { document, source } = loaded
    const operations = toOperations(document)
    await nextTurn()
    return { contract: { document, file: basename(file), operations, source, ...lateValidators(document) }, loaded }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error // the stack overflows on a document that contains itself
    throw new FileError([
      `${file}: the document is nested too deeply or refers to itself; remove the circular reference`,
    ])
  }
}

// A start needs neither ajv nor RE2: the first request does.
function lateValidators(document: JsonObject): Required<Pick<Contract, 'validators' | 'prepare'>> {
  let validators: Validators | undefined
  return {
    prepare: async () => {
      const { createValidators } = await import('./lazy-validators.ts')
      validators ??= createValidators(document, 'request')
    },
    validators: {
      get: (pointer) => {
        if (validators === undefined) throw new TypeError('the validators are not prepared')
        return validators.get(pointer)
      },
    },
  }
}
