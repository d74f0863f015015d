import { type ErrorObject, Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { boundLoops } from './bounded-loops.ts'
import { type JsonObject, isObject } from '../util/json.ts'
import { valueAt } from './json-pointer.ts'
import { boundFormats } from './linear-formats.ts'
import { replaceKeywords } from './linear-keywords.ts'
import { toPattern } from './linear-pattern.ts'
import { countRefs, limitEffort } from './limited-effort.ts'
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

/** Creates an ajv that finds the document's schemas by their JSON pointers. */
export function createAjv(document: JsonObject): Ajv {
  const dialect = isVersion30(document) ? Ajv : Ajv2020
  const ajv = new dialect({
    strict: false,
    strictNumbers: true, // JSON.parse reads 1e400 as Infinity
    allErrors: true,
    validateSchema: false,
    logger: false, // a format that ajv does not know is ignored
    multipleOfPrecision: 9, // or else 19.99 is not a multiple of 0.01
    code: { source: true, esm: true, lines: true, process: withAppending, regExp },
  })
  ajvFormats.default(ajv)
  boundFormats(ajv)
  boundLoops(ajv)
  ajv.addSchema(withBoundaries(toJsonSchemas(document)), DOCUMENT)
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

interface Compiled {
  /** By the JSON pointers of their schemas. */
  readonly validators: ReadonlyMap<string, Validator>
  /** The schemas that cannot be compiled, and why. */
  readonly faults: readonly { readonly pointer: string; readonly reason: string }[]
}

/** Compiles the schemas of requests. */
export function compileValidators(document: JsonObject, operations: readonly Operation[]): Compiled {
  const ajv = createAjv(document)
  replaceKeywords(ajv)
  countRefs(ajv)
  const validators = new Map<string, Validator>()
  const faults: { pointer: string; reason: string }[] = []
  for (const pointer of requestSchemas(document, operations)) {
    try {
      validators.set(pointer, limitEffort(ajv.compile(schemaAt(pointer))))
    } catch (error) {
      faults.push({ pointer, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { validators, faults }
}
