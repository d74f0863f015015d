import type { Contract } from '../../src/openapi/contract.ts'
import type { Violation } from '../../src/openapi/violation.ts'
import { toViolations } from '../../src/openapi/violation.ts'
import type { JsonValue } from '../../src/util/json.ts'
import { isObject } from '../../src/util/json.ts'
import type { Operation } from '../../src/openapi/operation.ts'
import { valueAt } from '../../src/openapi/json-pointer.ts'
import { escapePointer } from '../../src/openapi/json-pointer.ts'
import type { Validator } from '../../src/openapi/validator.ts'
import { createAjv, schemaAt } from '../../src/openapi/validator.ts'

/** A response, or one event of a stream. */
export interface CheckableResponse {
  readonly status: number
  /** Without parameters; undefined for a response without a body. */
  readonly mediaType: string | undefined
  readonly value: JsonValue
}

/** Creates a check that returns the violations in a response, including an undocumented status or media type. */
export function createResponseCheck(
  contract: Contract,
): (operation: Operation, response: CheckableResponse) => Violation[] {
  const ajv = createAjv(contract.document)
  const validators = new Map<string, Validator>()
  return (operation, { status, mediaType, value }) => {
    const spec = [String(status), `${String(status)[0]}XX`, 'default']
      .map((key) => operation.responses.find((response) => response.status === key))
      .find((response) => response !== undefined)
    if (spec === undefined)
      return [
        {
          param: 'status',
          reason: 'value',
          value: status,
          message: `The contract has no response ${status} for ${operation.method} ${operation.path}.`,
        },
      ]
    if (mediaType === undefined && spec.mediaTypes.length === 0) return []
    const known = spec.mediaTypes.find((candidate) => covers(candidate, mediaType ?? ''))
    if (known === undefined) {
      return [
        {
          param: 'content-type',
          reason: 'value',
          value: mediaType,
          message: `The contract has no ${mediaType ?? 'empty body'} for the response ${spec.status} of ${operation.method} ${operation.path}.`,
        },
      ]
    }
    const pointer = `${spec.pointer}/content/${escapePointer(known)}/schema`
    if (!isObject(valueAt(contract.document, pointer))) return []
    const validator = validators.get(pointer) ?? ajv.compile(schemaAt(pointer))
    validators.set(pointer, validator)
    return validator(value) ? [] : toViolations(validator.errors ?? [], value)
  }
}

// `application/json; charset=utf-8`, `application/*` and `*/*` cover application/json.
function covers(known: string, mediaType: string): boolean {
  const plain = known.split(';')[0]?.trim().toLowerCase() ?? ''
  return (
    mediaType !== '' &&
    (plain === mediaType.toLowerCase() ||
      plain === '*/*' ||
      (plain.endsWith('/*') && mediaType.toLowerCase().startsWith(plain.slice(0, -1))))
  )
}
