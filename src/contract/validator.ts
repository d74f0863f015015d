import type { ErrorObject } from 'ajv'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { JsonObject } from './json.ts'
import { bodyKey, parameterKey } from './key.ts'
import type { Operation } from './operation.ts'
import { isJsonType } from './operation.ts'
import { escapePointer } from './pointer.ts'
import { toJsonSchemas } from './schema.ts'

/** Checks a value; leaves all its faults in `errors`. ajv's own shape, compiled now or at build time. */
export interface Validator {
  (value: unknown): boolean
  errors?: null | ErrorObject[]
}

const DOCUMENT = 'contract'

/** An ajv that knows the document's schemas by their JSON pointers. */
export function createAjv(document: JsonObject): Ajv {
  const dialect = String(document['openapi']).startsWith('3.0') ? Ajv : Ajv2020
  const ajv = new dialect({ strict: false, strictNumbers: true, allErrors: true, validateSchema: false, code: { source: true, esm: true, lines: true } })
  ajvFormats.default(ajv)
  ajv.addSchema(toJsonSchemas(document), DOCUMENT)
  return ajv
}

/** The schema that stands at a JSON pointer of the document, as an ajv schema with this id. */
export function schemaAt(pointer: string, id?: string): object {
  const fragment = pointer.split('/').map(encodeURIComponent).join('/')
  return { ...(id === undefined ? {} : { $id: id }), $ref: `${DOCUMENT}#${fragment}` }
}

/** The schemas that a request of this Operation is checked by: a key, as in `parameterKey` and `bodyKey`, and the JSON pointer. */
export function requestSchemas(operation: Operation): [key: string, pointer: string][] {
  const parameters = operation.parameters.flatMap((parameter): [string, string][] => (parameter.schema === undefined ? [] : [[parameterKey(operation, parameter), parameter.schema]]))
  const { body } = operation
  const bodies = (body?.mediaTypes ?? []).filter(isJsonType).map((mediaType): [string, string] => [bodyKey(operation, mediaType), `${body?.pointer}/${escapePointer(mediaType)}/schema`])
  return [...parameters, ...bodies]
}

/** Compiles every request schema of the Operations; throws an Error that names the first one that cannot be compiled. */
export function compileValidators(document: JsonObject, operations: readonly Operation[]): ReadonlyMap<string, Validator> {
  const ajv = createAjv(document)
  return new Map(
    operations.flatMap(requestSchemas).map(([key, pointer]): [string, Validator] => {
      try {
        return [key, ajv.compile(schemaAt(pointer))]
      } catch (error) {
        throw new Error(`${key}: the schema at #${pointer} cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }),
  )
}
