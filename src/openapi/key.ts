import type { Operation } from './operation.ts'

/** The key of the validator that checks a parameter. */
export function parameterKey(operation: Operation, parameter: { readonly in: string; readonly name: string }): string {
  return `${operation.method} ${operation.path} ${parameter.in} ${parameter.name}`
}

/** The key of the validator that checks a body of this media type, as the contract writes it. */
export function bodyKey(operation: Operation, mediaType: string): string {
  return `${operation.method} ${operation.path} body ${mediaType}`
}
