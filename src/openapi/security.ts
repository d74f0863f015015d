import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'
import { deref } from './json-pointer.ts'

/** A credential that an operation may require. */
export interface Credential {
  /** The name of its security scheme. */
  readonly scheme: string
  readonly in: 'header' | 'query' | 'cookie'
  /** The name of the header, parameter or cookie. */
  readonly name: string
  /** What an `Authorization` header begins with; undefined if it does not matter. */
  readonly prefix: string | undefined
}

/**
 * The sets of credentials of which an operation requires one. Empty if it requires none: `security` is absent or
 * empty, or one of its sets is empty. Schemes that a mock cannot check, such as client certificates, are not required.
 */
export function credentialsOf(document: JsonObject, operation: JsonValue): Credential[][] {
  const own = isObject(operation) ? operation['security'] : undefined
  const security = own ?? document['security']
  if (!Array.isArray(security)) return []
  const sets = security.map((requirement: JsonValue) =>
    Object.keys(isObject(requirement) ? requirement : {}).flatMap((scheme) => toCredential(document, scheme) ?? []),
  )
  return sets.some((set) => set.length === 0) ? [] : sets
}

function toCredential(document: JsonObject, scheme: string): Credential | undefined {
  const { components } = document
  const schemes = isObject(components) ? components['securitySchemes'] : undefined
  const { value } = deref(document, (isObject(schemes) ? schemes[scheme] : undefined) ?? null, '')
  if (!isObject(value)) return undefined
  const { type, name, in: where, scheme: kind } = value
  if (type === 'apiKey' && typeof name === 'string' && (where === 'header' || where === 'query' || where === 'cookie'))
    return { scheme, in: where, name, prefix: undefined }
  if (type === 'http') return authorization(scheme, typeof kind === 'string' ? kind.toLowerCase() : undefined)
  return type === 'oauth2' || type === 'openIdConnect' ? authorization(scheme, 'bearer') : undefined
}

function authorization(scheme: string, prefix: string | undefined): Credential {
  return { scheme, in: 'header', name: 'Authorization', prefix }
}

/** The parts of a request that may have credentials. */
export interface CredentialSource {
  readonly query: string
  readonly header: (name: string) => string | undefined
}

/** What is missing in a request, in words: `Authorization: Bearer …`. Undefined if it has one of the sets. */
export function missingCredentials(
  sets: readonly (readonly Credential[])[],
  source: CredentialSource,
): string | undefined {
  if (sets.length === 0 || sets.some((set) => set.every((credential) => hasCredential(credential, source))))
    return undefined
  return sets.map((set) => set.map(toWords).join(' and ')).join(', or ')
}

function hasCredential({ in: where, name, prefix }: Credential, { query, header }: CredentialSource): boolean {
  if (where === 'query') return (new URLSearchParams(query).get(name) ?? '') !== ''
  if (where === 'cookie') return (header('cookie') ?? '').split(';').some((pair) => pair.trim().startsWith(`${name}=`))
  const value = header(name.toLowerCase()) ?? ''
  return prefix === undefined ? value !== '' : value.toLowerCase().startsWith(`${prefix} `)
}

function toWords({ in: where, name, prefix }: Credential): string {
  if (prefix !== undefined) return `the header '${name}: ${prefix[0]?.toUpperCase() ?? ''}${prefix.slice(1)} …'`
  return `the ${where === 'query' ? 'query parameter' : where} '${name}'`
}
