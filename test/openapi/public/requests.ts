import { sample } from 'openapi-sampler'
import { sampleSchema } from '../../../src/openapi/sample-schema.ts'
import type { Judge } from './judge.ts'

/** An operation of a document: its method, its path, and the object in the document. */
export interface PublicOperation {
  readonly method: string
  readonly path: string
  readonly pointer: string
  readonly parameters: readonly { readonly value: any; readonly pointer: string }[]
  readonly value: any
}

/** A valid request to an operation. */
export interface ValidRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | FormData | undefined
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

/** The operations of a document. */
export function operationsOf(document: any): PublicOperation[] {
  const paths = Object.entries<any>(document.paths).filter(([path]) => !path.includes('#')) // cannot be requested
  return paths.flatMap(([path, written]) => {
    const { value: item, pointer } = follow(document, written, `/paths/${escape(path)}`)
    return METHODS.filter((method) => item[method] !== undefined).map((method) => {
      const parameters = new Map<string, { value: any; pointer: string }>()
      for (const [owner, at] of [
        [item, pointer],
        [item[method], `${pointer}/${method}`],
      ])
        for (const [i, parameter] of (owner.parameters ?? []).entries()) {
          const place = follow(document, parameter, `${at}/parameters/${i}`)
          parameters.set(`${place.value.in} ${place.value.name}`, place)
        }
      return {
        method,
        path,
        pointer: `${pointer}/${method}`,
        parameters: [...parameters.values()],
        value: item[method],
      }
    })
  })
}

export function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Follows `$ref`s in the document. */
export function follow(document: any, value: any, pointer: string): { value: any; pointer: string } {
  if (typeof value?.$ref !== 'string' || !value.$ref.startsWith('#/')) return { value, pointer }
  const target = decodeURIComponent(value.$ref.slice(1))
  const found = target
    .split('/')
    .slice(1)
    .reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
  return follow(document, found, target)
}

/**
 * A request with the required parameters and, if `all`, the optional ones. The judge says that each value is valid.
 * Undefined if no valid value of a required part was found.
 */
export async function toRequest(
  document: any,
  operation: PublicOperation,
  judge: Judge,
  all: boolean,
): Promise<ValidRequest | undefined> {
  let { path } = operation
  const query: string[] = []
  const cookies: string[] = []
  const headers: Record<string, string> = {}
  addCredentials(document, operation, { headers, query, cookies })
  for (const { value: parameter, pointer } of operation.parameters) {
    const isRequired = parameter.required === true || parameter.in === 'path'
    if (!isRequired && !all) continue
    const text = await parameterText(document, parameter, pointer, judge)
    if (text === undefined && isRequired) return undefined
    if (text === undefined) continue
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, text)
    if (parameter.in === 'query') query.push(text)
    if (parameter.in === 'cookie') cookies.push(`${parameter.name}=${text}`)
    if (parameter.in === 'header' && !/^(?:accept|content-type|authorization)$/i.test(parameter.name))
      headers[parameter.name.toLowerCase()] = decodeURIComponent(text)
  }
  if (cookies.length > 0) headers['cookie'] = cookies.join('; ')
  const body = await toBody(document, operation, judge, all)
  if (body === undefined) return undefined
  if (body.type !== undefined) headers['content-type'] = body.type
  return { path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers, body: body.content }
}

/** A value that is valid by the schema at a pointer: an example, or a sample. */
async function validValue(document: any, schema: any, pointer: string, judge: Judge, examples: unknown[]) {
  const { value } = follow(document, schema, pointer)
  const candidates = [...examples, value?.example, ...(value?.examples ?? []), value?.default, value?.enum?.[0]]
  for (const candidate of candidates)
    if (candidate !== undefined && (await judge.isValid(pointer, candidate))) return candidate
  const made: unknown = (() => {
    try {
      return sample(value ?? {}, { quiet: true, skipReadOnly: true }, document)
    } catch {
      return undefined
    }
  })()
  if (made !== undefined && (await judge.isValid(pointer, made))) return made
  // The mock's own sampler knows more keywords. The judge decides.
  const own = sampleSchema(document, pointer, { validators: judge.validators, isDynamic: true }).value
  return (await judge.isValid(pointer, own)) ? own : undefined
}

function examplesOf(document: any, holder: any): unknown[] {
  const named = Object.values<any>(holder.examples ?? {}).map((one) => follow(document, one, '').value?.value)
  return [holder.example, ...named].filter((one) => one !== undefined)
}

const code = encodeURIComponent

async function parameterText(
  document: any,
  parameter: any,
  pointer: string,
  judge: Judge,
): Promise<string | undefined> {
  const { name, in: where, schema } = parameter
  if (parameter.content !== undefined) {
    const [type, media] = Object.entries<any>(parameter.content)[0] ?? []
    if (type === undefined || !type.includes('json')) return undefined
    const at = `${pointer}/content/${escape(type)}/schema`
    const value = await validValue(document, media.schema, at, judge, examplesOf(document, media))
    const text = value === undefined ? undefined : code(JSON.stringify(value))
    return text === undefined || where !== 'query' ? text : `${code(name)}=${text}`
  }
  if (schema === undefined) return where === 'query' ? `${code(name)}=x` : 'x'
  const value = await validValue(document, schema, `${pointer}/schema`, judge, examplesOf(document, parameter))
  if (value === undefined || value === null || value === '') return undefined
  const style = parameter.style ?? (where === 'query' || where === 'cookie' ? 'form' : 'simple')
  const explode = parameter.explode ?? style === 'form'
  if (style === 'matrix' || style === 'label') return undefined
  if (Array.isArray(value)) {
    if (value.length === 0 || value.some((item) => typeof item === 'object')) return undefined
    const items = value.map((item) => code(String(item)))
    if (where !== 'query') return items.join(',')
    if (style === 'deepObject') return undefined
    if (explode) return items.map((item) => `${code(name)}=${item}`).join('&')
    return `${code(name)}=${items.join(style === 'spaceDelimited' ? '%20' : style === 'pipeDelimited' ? '|' : ',')}`
  }
  if (typeof value === 'object') {
    const entries = Object.entries<any>(value)
    if (entries.length === 0 || entries.some(([, item]) => typeof item === 'object')) return undefined
    if (style === 'deepObject')
      return entries.map(([key, item]) => `${code(`${name}[${key}]`)}=${code(String(item))}`).join('&')
    if (explode && where === 'query')
      return entries.map(([key, item]) => `${code(key)}=${code(String(item))}`).join('&')
    const flat = explode
      ? entries.map(([key, item]) => `${code(key)}=${code(String(item))}`)
      : entries.flatMap(([key, item]) => [code(key), code(String(item))])
    return where === 'query' ? `${code(name)}=${flat.join(',')}` : flat.join(',')
  }
  const text = code(String(value))
  return where === 'query' ? `${code(name)}=${text}` : text
}

interface Body {
  readonly type?: string
  readonly content: string | FormData | undefined
}

async function toBody(
  document: any,
  operation: PublicOperation,
  judge: Judge,
  all: boolean,
): Promise<Body | undefined> {
  const written = operation.value.requestBody
  if (written === undefined) return { content: undefined }
  const { value: body, pointer } = follow(document, written, `${operation.pointer}/requestBody`)
  if (body.required !== true && !all) return { content: undefined }
  for (const [type, media] of Object.entries<any>(body.content ?? {})) {
    const at = `${pointer}/content/${escape(type)}/schema`
    const value =
      media.schema === undefined ? {} : await validValue(document, media.schema, at, judge, examplesOf(document, media))
    if (value === undefined) continue
    if (/^application\/([\w.-]+\+)?json/.test(type)) return { type, content: JSON.stringify(value) }
    if (type.startsWith('application/x-www-form-urlencoded'))
      return {
        type,
        content: formPairs(value)
          .map((pair) => pair.map(code).join('='))
          .join('&'),
      }
    if (type.startsWith('multipart/form-data')) {
      const form = new FormData()
      for (const [key, item] of Object.entries<any>(value ?? {}))
        for (const one of Array.isArray(item) ? item : [item])
          form.append(key, typeof one === 'object' ? JSON.stringify(one) : String(one))
      return { content: form }
    }
    if (type.startsWith('text/')) return { type, content: typeof value === 'string' ? value : 'text' }
  }
  return body.required === true ? undefined : { content: undefined }
}

// As Stripe and Rails write nested values: `a[b][0]=c`.
function formPairs(value: unknown, name = ''): [string, string][] {
  if (value === null) return [[name, '']]
  if (typeof value !== 'object') return [[name, typeof value === 'string' ? value : JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, item]) => {
    const isFlat = Array.isArray(value) && (typeof item !== 'object' || item === null)
    return formPairs(item, name === '' ? key : isFlat ? `${name}[]` : `${name}[${key}]`)
  })
}

// One set of the credentials that the operation requires.
function addCredentials(
  document: any,
  { value }: PublicOperation,
  parts: { headers: Record<string, string>; query: string[]; cookies: string[] },
): void {
  const [first = {}] = value.security ?? document.security ?? []
  for (const scheme of Object.keys(first)) {
    const {
      type,
      name,
      in: where,
      scheme: kind,
    } = follow(document, document.components?.securitySchemes?.[scheme], '').value ?? {}
    if (type === 'apiKey' && where === 'header') parts.headers[name.toLowerCase()] = 'Bearer secret'
    else if (type === 'apiKey' && where === 'query') parts.query.push(`${name}=secret`)
    else if (type === 'apiKey') parts.cookies.push(`${name}=secret`)
    else parts.headers['authorization'] = kind === 'basic' ? 'Basic eDp5' : 'Bearer secret'
  }
}
