import type { SourceFile } from './document.ts'
import type { JsonObject } from './json.ts'
import { isObject } from './json.ts'
import type { Operation } from './operation.ts'
import { toOperations } from './operation.ts'
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

/** A contract from a document whose validators were compiled already. */
export function toContract(document: JsonObject, validators: ReadonlyMap<string, Validator>, source: Contract['source']): Contract {
  const info = isObject(document['info']) ? document['info'] : {}
  return { document, title: String(info['title'] ?? ''), version: String(info['version'] ?? ''), operations: toOperations(document), validators, source }
}

/** A contract from any OpenAPI 3.0 or 3.1 file; a FileError says all that is wrong with it. */
export async function loadContract(file: string): Promise<Contract> {
  const [{ FileError, loadDocument, validateDocument }, { compileValidators }] = await Promise.all([import('./document.ts'), import('./validator.ts')])
  const loaded = await loadDocument(file)
  await validateDocument(loaded)
  try {
    return toContract(loaded.document, compileValidators(loaded.document, toOperations(loaded.document)), async () => loaded.source)
  } catch (error) {
    throw new FileError([`${file}: ${error instanceof Error ? error.message : String(error)}; mend the schema`])
  }
}
