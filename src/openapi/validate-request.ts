import type { JsonValue } from '../util/json.ts'
import type { Contract } from './contract.ts'
import { type Operation, type Parameter, schemaPointer } from './operation.ts'
import { MAX_ERRORS, MAX_VIOLATIONS, type Violation, toViolations } from './violation.ts'

/** The parts of a request that a contract describes. */
export interface RequestParts {
  /** The path parameters, decoded. */
  readonly path: Readonly<Record<string, string>>
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
  const query = new URLSearchParams(request.query)
  for (const parameter of operation.parameters) {
    const { name, required, schema } = parameter
    const value = valueOf(parameter, request, query)
    if (value !== undefined) validate(value, schema, name)
    else if (required) report(name, `Missing required parameter: '${name}' (in ${parameter.in}).`)
  }
  const { body } = request
  if (body !== undefined) validate(body.value, schemaPointer(operation.body?.pointer ?? '', body.mediaType), '')
  else if (operation.body?.required === true)
    report('body', 'The request body is empty, but this operation requires one.')
  isComplete &&= violations.length <= MAX_VIOLATIONS
  return { violations: violations.slice(0, MAX_VIOLATIONS), isComplete }
}

// The value of a parameter, parsed by its style in the contract; undefined if it was not sent.
function valueOf(parameter: Parameter, { path, header }: RequestParts, query: URLSearchParams): unknown {
  const { name } = parameter
  if (parameter.in === 'query') return queryValue(parameter, query)
  const readers = {
    path: () => path[name],
    header: () => header(name.toLowerCase()),
    cookie: () => cookieIn(header('cookie'), name),
  }
  const text = readers[parameter.in]()
  return text === undefined ? undefined : textValue(parameter, text)
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(';').find((item) => item.trim().startsWith(`${name}=`))
  return pair?.trim().slice(name.length + 1)
}

function queryValue(parameter: Parameter, query: URLSearchParams): unknown {
  const { name, types, itemTypes, propertyTypes, explode, style, isJson } = parameter
  if (!isJson && types.includes('array')) {
    const texts = query.getAll(name)
    const separator = style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ','
    const items = explode ? texts : texts.flatMap((text) => text.split(separator))
    return texts.length === 0 ? undefined : items.map((text) => toTyped(text, itemTypes))
  }
  if (!isJson && types.includes('object') && (style === 'deepObject' || explode)) {
    const isDeep = style === 'deepObject'
    const fields = isDeep ? deepFields(name, query) : [...query].filter(([key]) => Object.hasOwn(propertyTypes, key))
    return fields.length === 0 ? undefined : toFields(parameter, fields)
  }
  const text = query.get(name)
  return text === null ? undefined : textValue(parameter, text)
}

function deepFields(name: string, query: URLSearchParams): [string, string][] {
  return [...query]
    .filter(([key]) => key.startsWith(`${name}[`) && key.endsWith(']'))
    .map(([key, text]) => [key.slice(name.length + 1, -1), text])
}

function textValue(parameter: Parameter, text: string): unknown {
  const { isJson, types, itemTypes, explode } = parameter
  if (isJson) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  const items = text.split(',').map((item) => (parameter.in === 'header' ? item.trim() : item))
  if (types.includes('array')) return items.map((item) => toTyped(item, itemTypes))
  if (types.includes('object')) return toFields(parameter, explode ? items.map(fieldOf) : pairsOf(items))
  return toTyped(text, types)
}

// `name=value`
function fieldOf(item: string): [string, string] {
  const [name = '', ...value] = item.split('=')
  return [name, value.join('=')]
}

function pairsOf(items: readonly string[]): [string, string][] {
  return items.flatMap((key, i): [string, string][] => (i % 2 === 0 ? [[key, items[i + 1] ?? '']] : []))
}

function toFields({ propertyTypes }: Parameter, fields: readonly [string, string][]): Record<string, unknown> {
  const types = new Map(Object.entries(propertyTypes))
  return Object.fromEntries(fields.map(([key, text]) => [key, toTyped(text, types.get(key) ?? [])]))
}

function toTyped(text: string, types: readonly string[]): unknown {
  if (types.includes('string')) return text
  if ((types.includes('integer') || types.includes('number')) && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text))
    return Number(text)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (types.includes('null') && text === 'null') return null
  return text
}
