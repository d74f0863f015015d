import type { ErrorObject } from 'ajv'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { JsonObject } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { bodyKey, parameterKey } from './key.ts'
import type { Operation } from './operation.ts'
import { isJsonType } from './operation.ts'
import { escapePointer } from './json-pointer.ts'
import { valueAt } from './walk.ts'
import { isVersion30, toJsonSchemas, withBoundaries } from './normalize-schema.ts'

/** Checks a value; leaves all its faults in `errors`. ajv's own shape, compiled now or at build time. */
export interface Validator {
  (value: unknown): boolean
  errors?: null | ErrorObject[]
}

const DOCUMENT = 'contract'

/** An ajv that knows the document's schemas by their JSON pointers. */
export function createAjv(document: JsonObject): Ajv {
  const dialect = isVersion30(document) ? Ajv : Ajv2020
  const ajv = new dialect({
    strict: false,
    strictNumbers: true, // 1e400 is read as Infinity, which is no number
    allErrors: true,
    validateSchema: false,
    logger: false, // a format that it does not know is no news
    multipleOfPrecision: 9, // or else 19.99 is no multiple of 0.01
    code: { source: true, esm: true, lines: true, process: withAppending },
  })
  ajvFormats.default(ajv)
  ajv.addSchema(withBoundaries(toJsonSchemas(document)), DOCUMENT)
  return ajv
}

/**
 * Code of ajv's that appends the errors behind a `$ref` to those known, where ajv copies all of them each time: a body of 150 KB
 * with a fault in each of 50,000 items took minutes.
 */
export function withAppending(code: string): string {
  return code.replaceAll(/vErrors\.concat\(([\w.]+)\)/g, '$1.reduce((all, error) => (all.push(error), all), vErrors)')
}

/** The schema that stands at a JSON pointer of the document, as an ajv schema with this id. */
export function schemaAt(pointer: string, id?: string): object {
  const fragment = pointer.split('/').map(encodeURIComponent).join('/')
  return { ...(id === undefined ? {} : { $id: id }), $ref: `${DOCUMENT}#${fragment}` }
}

/** The schemas that requests of an Operation are checked by: a key, as in `parameterKey` and `bodyKey`, and the JSON pointer. */
export function requestSchemas(
  document: JsonObject,
  operations: readonly Operation[],
): [key: string, pointer: string][] {
  const all = operations.flatMap((operation) => {
    const parameters = operation.parameters.flatMap((parameter): [string, string][] =>
      parameter.schema === undefined ? [] : [[parameterKey(operation, parameter), parameter.schema]],
    )
    const { body } = operation
    const bodies = (body?.mediaTypes ?? [])
      .filter(isJsonType)
      .map((mediaType): [string, string] => [
        bodyKey(operation, mediaType),
        `${body?.pointer}/${escapePointer(mediaType)}/schema`,
      ])
    return [...parameters, ...bodies]
  })
  return all.filter(([, pointer]) => isObject(valueAt(document, pointer)))
}

/** A schema that cannot be compiled, and why. */
export interface SchemaFault {
  readonly pointer: string
  readonly reason: string
}

/** Every request schema of the Operations, compiled; and all that cannot be. */
export function compileValidators(
  document: JsonObject,
  operations: readonly Operation[],
): { readonly validators: ReadonlyMap<string, Validator>; readonly faults: readonly SchemaFault[] } {
  const ajv = createAjv(document)
  const validators = new Map<string, Validator>()
  const faults: SchemaFault[] = []
  for (const [key, pointer] of requestSchemas(document, operations)) {
    try {
      validators.set(key, ajv.compile(schemaAt(pointer)))
    } catch (error) {
      faults.push({ pointer, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { validators, faults }
}
