import type { Contract } from './contract.ts'
import type { Violation } from './violation.ts'
import { toViolations } from './violation.ts'
import type { JsonValue } from '../util/json.ts'
import type { Operation, Parameter } from './operation.ts'
import { bodyKey, parameterKey } from './key.ts'

/** What of a request the contract speaks about. Header names are lower case, path parameters decoded. */
export interface CheckableRequest {
  readonly path: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly header: (name: string) => string | undefined
  /** The parsed body and the media type of the contract that it is checked by; undefined where none was sent. */
  readonly body: { readonly value: JsonValue; readonly mediaType: string } | undefined
}

/** All that is wrong with a request by its Operation; empty when nothing is. */
export function checkRequest(contract: Contract, operation: Operation, request: CheckableRequest): Violation[] {
  const faults = operation.parameters.flatMap((parameter) =>
    checkParameter(contract, operation, { parameter, request }),
  )
  return [...faults, ...checkBody(contract, operation, request)]
}

function checkBody(contract: Contract, operation: Operation, { body }: CheckableRequest): Violation[] {
  if (body === undefined) {
    return operation.body?.required === true
      ? [
          {
            param: 'body',
            reason: 'missing',
            value: undefined,
            message: 'The request body is empty; this operation needs one.',
          },
        ]
      : []
  }
  const validator = contract.validators.get(bodyKey(operation, body.mediaType))
  return validator === undefined || validator(body.value) ? [] : toViolations(validator.errors ?? [], body.value)
}

function checkParameter(
  contract: Contract,
  operation: Operation,
  { parameter, request }: { parameter: Parameter; request: CheckableRequest },
): Violation[] {
  const { name } = parameter
  const value = valueOf(parameter, request)
  if (value === undefined) {
    return parameter.required
      ? [
          {
            param: name,
            reason: 'missing',
            value,
            message: `Missing required parameter: '${name}' (in ${parameter.in}).`,
          },
        ]
      : []
  }
  const validator = contract.validators.get(parameterKey(operation, parameter))
  return validator === undefined || validator(value) ? [] : toViolations(validator.errors ?? [], value, name)
}

// A parameter's value, read from its text by the style that the contract names.
function valueOf(parameter: Parameter, request: CheckableRequest): unknown {
  const { name } = parameter
  if (parameter.in === 'query') return queryValue(parameter, request.query)
  const text =
    parameter.in === 'path'
      ? request.path[name]
      : parameter.in === 'header'
        ? request.header(name.toLowerCase())
        : cookie(request.header('cookie'), name)
  return text === undefined ? undefined : textValue(parameter, text)
}

function queryValue(parameter: Parameter, query: URLSearchParams): unknown {
  const { name, types, itemTypes, explode, style, isJson } = parameter
  if (!isJson && types.includes('array')) {
    const texts = query.getAll(name)
    if (texts.length === 0) return undefined
    return (explode ? texts : texts.flatMap((text) => text.split(separatorOf(style)))).map((text) =>
      toTyped(text, itemTypes),
    )
  }
  if (!isJson && types.includes('object') && (style === 'deepObject' || explode)) {
    const fields =
      style === 'deepObject'
        ? deepFields(name, query)
        : [...query].filter(([key]) => Object.hasOwn(parameter.propertyTypes, key))
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

function separatorOf(style: string): string {
  return style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ','
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
  if (types.includes('object')) return toFields(parameter, explode ? items.map(halves) : pairs(items))
  return toTyped(text, types)
}

function toFields({ propertyTypes }: Parameter, fields: readonly [string, string][]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map(([key, text]) => [
      key,
      toTyped(text, (Object.hasOwn(propertyTypes, key) ? propertyTypes[key] : undefined) ?? []),
    ]),
  )
}

function halves(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}

function pairs(items: readonly string[]): [string, string][] {
  return items.flatMap((key, i): [string, string][] => (i % 2 === 0 ? [[key, items[i + 1] ?? '']] : []))
}

function toTyped(text: string, types: readonly string[]): unknown {
  if (types.includes('string')) return text
  if ((types.includes('integer') || types.includes('number')) && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text))
    return Number(text)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (types.includes('null') && text === 'null') return null
  return text
}

function cookie(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(';').find((item) => item.trim().startsWith(`${name}=`))
  return pair?.trim().slice(name.length + 1)
}
