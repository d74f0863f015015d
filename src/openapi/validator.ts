import { type ErrorObject, Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { boundLoops } from './bounded-loops.ts'
import { type JsonObject, isObject } from '../util/json.ts'
import { valueAt } from './json-pointer.ts'
import { boundFormats } from './linear-formats.ts'
import { toPattern } from './linear-pattern.ts'
import { isVersion30, toJsonSchemas, withBoundaries } from './normalize-schema.ts'
import { type Operation, isJsonType, schemaPointer } from './operation.ts'

/** Validates a value and puts ajv's errors into `errors`. Compiled by ajv at run time or at build time. */
export interface Validator {
  (value: unknown): boolean
  errors?: null | ErrorObject[]
}

const DOCUMENT = 'contract'
// The validators that the build compiles create ordinary regular expressions: the packaged contract's are simple.
const regExp = Object.assign((source: string) => toPattern(source), { code: 'new RegExp' })

/** Creates an ajv that finds the document's schemas by their JSON pointers. The build compiles all of them with it. */
export function createAjv(document: JsonObject): Ajv {
  const ajv = createEmptyAjv(document, { source: true })
  ajv.addSchema(withBoundaries(toJsonSchemas(document)), DOCUMENT)
  return ajv
}

/** Creates an ajv for the dialect of a document. `source` keeps the code that it generates. */
export function createEmptyAjv(document: JsonObject, { source }: { readonly source: boolean }): Ajv {
  const dialect = isVersion30(document) ? Ajv : Ajv2020
  const ajv = new dialect({
    strict: false,
    strictNumbers: true, // JSON.parse reads 1e400 as Infinity
    allErrors: true,
    validateSchema: false,
    logger: false, // a format that ajv does not know is ignored
    multipleOfPrecision: 9, // or else 19.99 is not a multiple of 0.01
    code: { source, esm: true, lines: true, process: withAppending, regExp },
  })
  ajvFormats.default(ajv)
  boundFormats(ajv)
  boundLoops(ajv)
  return ajv
}

/**
 * Changes ajv's code for a `$ref`: it appends new errors, whereas ajv copies all previous errors each time. With an
 * error in each of 50,000 items, the copies take minutes.
 */
export function withAppending(code: string): string {
  return code.replaceAll(/vErrors\.concat\(([\w.]+)\)/g, '$1.reduce((all, error) => (all.push(error), all), vErrors)')
}

/** An ajv schema for the schema at a JSON pointer of the document. */
export function schemaAt(pointer: string): { readonly $ref: string } {
  return { $ref: `${DOCUMENT}#${pointer.split('/').map(encodeURIComponent).join('/')}` }
}

/** The JSON pointers of all schemas for requests to the Operations, each once. */
export function requestSchemas(document: JsonObject, operations: readonly Operation[]): string[] {
  const pointers = operations.flatMap(({ parameters, body }) => [
    ...parameters.flatMap(({ schema }) => schema ?? []),
    ...(body?.mediaTypes ?? []).filter(isJsonType).map((mediaType) => schemaPointer(body?.pointer ?? '', mediaType)),
  ])
  return [...new Set(pointers)].filter((pointer) => isObject(valueAt(document, pointer)))
}
