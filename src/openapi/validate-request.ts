import type { JsonValue } from '../util/json.ts'
import type { Contract } from './contract.ts'
import { type Operation, isFormType, isJsonType, schemaPointer } from './operation.ts'
import { readParameter } from './read-parameter.ts'
import { MAX_ERRORS, MAX_VIOLATIONS, type Violation, toViolations } from './violation.ts'

/** The parts of a request that a contract describes. */
export interface RequestParts {
  /** The path parameters, decoded. */
  readonly path: Readonly<Record<string, string>>
  /** The path parameters as they were sent, percent-encoded. */
  readonly rawPath?: Readonly<Record<string, string>> | undefined
  /** The query as it was sent, without `?`; empty if there is none. */
  readonly query: string
  /** The value of a header; the name is in lower case. */
  readonly header: (name: string) => string | undefined
  /** The parsed body, and its media type in the contract; undefined if no body was sent. */
  readonly body: { readonly value: JsonValue; readonly mediaType: string } | undefined
}

/** The result of the validation of a request. */
export interface Validation {
  /** The first MAX_VIOLATIONS violations of the contract; empty if the request is valid. */
  readonly violations: readonly Violation[]
  /** Whether these are all: the validation of a request with very many wrong values stops early. */
  readonly isComplete: boolean
}

/** Validates a request to an Operation of the contract. */
export function validateRequest(contract: Contract, operation: Operation, request: RequestParts): Validation {
  const violations: Violation[] = []
  let isComplete = true
  const report = (param: string, message: string): void =>
    void violations.push({ param, reason: 'missing', value: undefined, message })
  const validate = (value: unknown, schema: string | undefined, name: string): void => {
    const validator = schema === undefined ? undefined : contract.validators.get(schema)
    if (validator === undefined || validator(value)) return
    const errors = validator.errors ?? []
    isComplete &&= errors.length < MAX_ERRORS
    for (const violation of toViolations(errors, value, name)) violations.push(violation)
  }
  const others = new Set(operation.parameters.filter((one) => one.in === 'query').map(({ name }) => name))
  for (const parameter of operation.parameters) {
    const { name, required, schema } = parameter
    const values = readParameter(contract, parameter, { ...request, others })
    const [first] = values
    if (first === '' && parameter.allowEmptyValue && parameter.in === 'query') continue
    const isValid = (value: JsonValue): boolean => contract.validators.get(schema ?? '')?.(value) ?? true
    if (first !== undefined) {
      if (values.length < 2 || !values.some(isValid)) validate(first, schema, name)
    } else if (required) report(name, `Missing required parameter: '${name}' (in ${parameter.in}).`)
  }
  const { body } = request
  const pointer = body === undefined ? '' : schemaPointer(operation.body?.pointer ?? '', body.mediaType)
  if (body !== undefined) validate(body.value, isRead(body.mediaType) ? pointer : undefined, '')
  else if (operation.body?.required === true)
    report('body', 'The request body is empty, but this operation requires one.')
  isComplete &&= violations.length <= MAX_VIOLATIONS
  return { violations: violations.slice(0, MAX_VIOLATIONS), isComplete }
}

// The content of other media types, such as XML, is not compared with a schema.
function isRead(mediaType: string): boolean {
  return isJsonType(mediaType) || isFormType(mediaType) || mediaType.toLowerCase().startsWith('text/')
}
