import type { JsonObject, JsonValue } from '../util/json.ts'
import { didYouMean } from '../util/suggest.ts'
import { type LoadedDocument, FileError, messageOf } from './document.ts'
import { findExcess } from './expansion.ts'
import { toPath, valueIn } from './json-pointer.ts'
import { isVersion30 } from './normalize-schema.ts'
import { findSchemaFaults } from './schema-faults.ts'

/** Maximum number of errors that are listed for a document. */
const MAX_FAULTS = 20

/** Validates a document as OpenAPI 3.0 or 3.1. Throws a FileError if it is not valid. */
export async function validateDocument({ source, document, placeOf }: LoadedDocument): Promise<void> {
  const version = document['swagger'] === undefined ? 'openapi' : 'swagger'
  const { openapi } = document
  if (version === 'swagger' || typeof openapi !== 'string' || !/^3\.[01]\./.test(openapi)) {
    throw new FileError([
      `${placeOf([version])} ${version}: ${JSON.stringify(document[version])} is not supported; use OpenAPI 3.0 or 3.1`,
    ])
  }
  const excess = findExcess(document)
  if (excess !== undefined) {
    const place = excess.path.length === 0 ? `${source.file}:` : placeOf(excess.path)
    throw new FileError([`${place} ${excess.message}`])
  }
  const found = await findFaults(document)
  if (!isVersion30(document)) found.push(...findSchemaFaults(document).map((error) => toFault(error, document)))
  // Every object around an error also has an error: "either this or a $ref".
  const causes = found.filter(({ message }) => !/'\$ref'|exactly one schema in oneOf|match ".*" schema/.test(message))
  const lines = (causes.length > 0 ? causes : found).map(({ path, key, message, hint = '' }) => {
    const at = key === undefined ? path : [...path, key]
    const place = at.length === 0 ? source.file : placeOf(at)
    return `${place} ${path.join('.') || 'the document'}: ${message}; see the OpenAPI ${openapi} specification${hint}`
  })
  if (lines.length > 0) throw new FileError([...new Set(lines)].slice(0, MAX_FAULTS))
}

/** One error of a document. */
interface Fault {
  readonly path: readonly string[]
  /** The key of the object at the path that is wrong. */
  readonly key?: string
  readonly message: string
  /** A suggestion, with a full stop and a space before it. */
  readonly hint?: string
}

// The errors that swagger-parser finds. It does not check the keywords of the schemas in OpenAPI 3.1.
async function findFaults(document: JsonObject): Promise<Fault[]> {
  const { default: SwaggerParser } = await import('@apidevtools/swagger-parser')
  // Its $refs are resolved in place.
  const copy: Parameters<typeof SwaggerParser.validate>[0] = JSON.parse(JSON.stringify(document))
  try {
    await SwaggerParser.validate(copy, { resolve: { external: false } })
    return []
  } catch (error) {
    if (!(error instanceof Error && 'details' in error && Array.isArray(error.details)))
      return [{ path: [], message: firstLine(messageOf(error)).replace(/^\[object .*/, "it has no key 'paths'") }]
    return error.details.map((detail: AjvError) => toFault(detail, copy))
  }
}

/** What is read of an error of ajv. */
interface AjvError {
  readonly instancePath?: string | string[]
  readonly message?: string
  readonly params?: Readonly<Record<string, unknown>>
}

function toFault({ instancePath = '', message = '', params = {} }: AjvError, document: JsonValue): Fault {
  const path = Array.isArray(instancePath) ? instancePath : toPath(instancePath)
  const key = params['additionalProperty'] ?? params['unevaluatedProperty']
  if (typeof key === 'string') {
    const isPath = path.length === 1 && path[0] === 'paths'
    return { path, key, message: isPath ? `'${key}' must begin with '/'` : `'${key}' is not allowed here` }
  }
  const allowed = params['allowedValues']
  const value = valueIn(document, path)
  if (!Array.isArray(allowed) || typeof value !== 'string') return { path, message: firstLine(message) }
  const hint = didYouMean(value, allowed.map(String))
  return { path, message: `'${value}' is not one of ${allowed.join(', ')}`, hint: hint && `.${hint}` }
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0] ?? ''
}
