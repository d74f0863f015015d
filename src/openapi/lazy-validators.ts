import { type Ajv, type ErrorObject, type KeywordCxt, _ } from 'ajv'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import { callRef } from 'ajv/dist/vocabularies/core/ref.js'
import type { JsonObject } from '../util/json.ts'
import { valueAt } from './json-pointer.ts'
import { countStep, limitEffort } from './limited-effort.ts'
import { replaceKeywords } from './linear-keywords.ts'
import { type Direction, toUsableSchema } from './usable-schema.ts'
import { type Validator, createEmptyAjv } from './validator.ts'

/** The validators of a document's schemas by their JSON pointers. */
export interface Validators {
  /** Undefined if there is no such schema. */
  readonly get: (pointer: string) => Validator | undefined
}

/** What ajv generates for a schema, and how it calls it from another schema. */
interface Generated extends Validator {
  (value: unknown, context?: DataValidationCxt): boolean
  /** The properties and items that were compared with a schema, for `unevaluatedProperties`. */
  evaluated?: object | undefined
}

/**
 * Creates the validators of a document. A schema is compiled when a value is first compared with it: large documents
 * have thousands of schemas, and most requests meet few of them.
 */
export function createValidators(document: JsonObject, direction: Direction): Validators {
  const ajv = createEmptyAjv(document, { source: false })
  replaceKeywords(ajv)
  const known = new Map<string, Generated>()
  const compile = (pointer: string): Generated =>
    ajv.compile(toUsableSchema(valueAt(document, pointer) ?? true, { document, direction }))
  const at = (pointer: string): Generated => {
    const found = known.get(pointer) ?? createReference(() => compile(pointer))
    known.set(pointer, found)
    return found
  }
  followLate(ajv, at)
  const limited = new Map<string, Validator>()
  return {
    get: (pointer) => {
      if (limited.has(pointer)) return limited.get(pointer)
      if (valueAt(document, pointer) === undefined) return undefined
      const validator = limitEffort(at(pointer))
      limited.set(pointer, validator)
      return validator
    },
  }
}

// Changes ajv's code for a `$ref`: it calls a function that compiles the schema on first use.
function followLate(ajv: Ajv, at: (pointer: string) => Generated): void {
  const definition = ajv.getKeyword('$ref')
  if (typeof definition !== 'object' || !('code' in definition)) throw new TypeError('ajv has no $ref')
  const code = (context: KeywordCxt): void => {
    const reference = context.gen.scopeValue('func', { ref: at(String(context.schema)) })
    callRef(context, _`${reference}`)
  }
  Object.assign(definition, { code })
}

/**
 * A function that validates by a schema which is compiled on first use. A schema that includes itself, such as a parent
 * whose children have an `allOf` with the parent, would compare the same value again and again: while it is compared
 * with the schema already, the value is valid.
 */
function createReference(compile: () => Generated): Generated {
  let compiled: Generated | undefined
  const active = new Map<string, unknown>()
  const reference: Generated = (value: unknown, context?: DataValidationCxt) => {
    countStep()
    const path = context?.instancePath ?? ''
    const isActive = active.has(path) && active.get(path) === value
    compiled ??= compile()
    if (isActive) return succeed(reference)
    const before = active.get(path)
    active.set(path, value)
    try {
      const isValid = compiled(value, context)
      const errors: ErrorObject[] = compiled.errors ?? []
      if (errors.length > 0) countStep(errors.length)
      reference.errors = compiled.errors ?? null
      reference.evaluated = compiled.evaluated ?? NOTHING
      return isValid
    } finally {
      if (before === undefined) active.delete(path)
      else active.set(path, before)
    }
  }
  return reference
}

const NOTHING = {}

function succeed(reference: Generated): boolean {
  reference.errors = null
  reference.evaluated = NOTHING
  return true
}
