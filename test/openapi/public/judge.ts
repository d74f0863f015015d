import { type Validators, createValidators } from '../../../src/openapi/lazy-validators.ts'
import { setShouldValidateFormat } from '@hyperjump/json-schema/draft-2020-12'
import {
  registerSchema as register30,
  unregisterSchema,
  validate as validate30,
} from '@hyperjump/json-schema/openapi-3-0'
import { registerSchema as register31, validate as validate31 } from '@hyperjump/json-schema/openapi-3-1'

/** Validates values by the schemas of a document with a validator that has no code in common with the mock's. */
export interface Judge {
  /** Whether a value is valid by the schema at a JSON pointer. True if the validator cannot compile the schema. */
  readonly isValid: (pointer: string, value: unknown) => Promise<boolean>
  /** The mock's own validators. */
  readonly validators: Validators
  readonly close: () => void
}

await import(import.meta.resolve('@hyperjump/json-schema/formats'))
setShouldValidateFormat(true)
let count = 0

export function createJudge(document: any): Judge {
  const uri = `https://documents.example/${count++}`
  const is30 = document.openapi.startsWith('3.0')
  if (is30) register30(document, uri, 'https://spec.openapis.org/oas/3.0/schema')
  else register31(document, uri, 'https://spec.openapis.org/oas/3.1/schema-base')
  const validators = new Map<string, ((value: any) => boolean) | undefined>()
  const compile = async (pointer: string): Promise<((value: any) => boolean) | undefined> => {
    try {
      const at = `${uri}#${pointer.split('/').map(encodeURIComponent).join('/')}`
      const validator = await (is30 ? validate30(at) : validate31(at))
      return (value) => validator(value).valid
    } catch {
      return undefined
    }
  }
  return {
    isValid: async (pointer, value) => {
      if (!validators.has(pointer)) validators.set(pointer, await compile(pointer))
      try {
        return validators.get(pointer)?.(value) ?? true
      } catch {
        return true
      }
    },
    validators: createValidators(document, 'request'),
    close: () => unregisterSchema(uri),
  }
}
