import type { SourceFile } from './document.ts'
import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Operation } from './operation.ts'
import { toPath } from './json-pointer.ts'
import type { Validator } from './validator.ts'

/** An OpenAPI document, its Operations and what checks their requests. */
export interface Contract {
  readonly document: JsonObject
  readonly title: string
  readonly version: string
  /** In the order in which they are routed. */
  readonly operations: readonly Operation[]
  /** Keyed as `parameterKey` and `bodyKey` say. */
  readonly validators: ReadonlyMap<string, Validator>
  /** The document as its author wrote it. */
  readonly source: () => Promise<SourceFile>
}

/** What was read of a document already. */
export interface Read extends Pick<Contract, 'operations' | 'validators' | 'source'> {
  readonly document: () => JsonObject
}

/** A contract from what was read of a document already; the document itself is asked for when it is needed. */
export function toContract({ document, ...read }: Read): Contract {
  const infoOf = (name: 'title' | 'version'): string => {
    const { info } = document()
    return isObject(info) ? textOf(info[name] ?? '') : ''
  }
  return {
    ...read,
    get document() {
      return document()
    },
    get title() {
      return infoOf('title')
    },
    get version() {
      return infoOf('version')
    },
  }
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

// It is written into a header.
const MEDIA_TYPE = /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+[ \t]*(?:;[\x20-\x7e]*)?$/

/** A contract from any OpenAPI 3.0 or 3.1 file; a FileError says all that is wrong with it. */
export async function loadContract(file: string): Promise<Contract> {
  const [{ FileError, loadDocument, validateDocument }, { toOperations }, { compileValidators }] = await Promise.all([
    import('./document.ts'),
    import('./read-operations.ts'),
    import('./validator.ts'),
  ])
  try {
    const loaded = await loadDocument(file)
    await validateDocument(loaded)
    const { document, source, placeOf } = loaded
    const operations = toOperations(document)
    const strange = operations
      .flatMap(({ body, responses }) => [
        ...(body?.mediaTypes ?? []),
        ...responses.flatMap(({ mediaTypes }) => mediaTypes),
      ])
      .filter((mediaType) => !MEDIA_TYPE.test(mediaType))
    if (strange.length > 0)
      throw new FileError(
        [...new Set(strange)].map(
          (mediaType) => `${file}: ${JSON.stringify(mediaType)} is no media type; write it as application/json`,
        ),
      )
    const { validators, faults } = compileValidators(document, operations)
    if (faults.length > 0)
      throw new FileError(
        faults.map(
          ({ pointer, reason }) => `${placeOf(toPath(pointer))} this schema cannot be used: ${reason}; mend it`,
        ),
      )
    return toContract({ document: () => document, operations, validators, source: async () => source })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new FileError([`${file}: it is nested too deeply, or a part of it contains itself; break the circle`])
  }
}
