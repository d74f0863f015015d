import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isUnknown, schemasIn } from '../../../src/openapi/keywords.ts'
import { createValidators } from '../../../src/openapi/lazy-validators.ts'
import { isObject } from '../../../src/util/json.ts'
import { suiteFolder } from './documents.ts'

interface Group {
  readonly description: string
  readonly schema: any
  readonly tests: readonly { readonly description: string; readonly data: any; readonly valid: boolean }[]
}

// OpenAPI 3.0 has no lists of types, no list of `items`, and no `$ref` to the root of a schema.
function isOf30(schema: any): boolean {
  if (!isObject(schema)) return typeof schema === 'boolean'
  return Object.entries(schema).every(([keyword, value]) => {
    if (isUnknown(keyword, true) || keyword === '$ref' || (keyword === 'type' && Array.isArray(value))) return false
    const kind = schemasIn(keyword, true)
    const inner = kind === 'one' ? [value] : kind === undefined ? [] : Object.values(value as object)
    return inner.every(isOf30)
  })
}

const folder = suiteFolder()
const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'))

const groupsIn = (file: string): Group[] => {
  const groups: Group[] = JSON.parse(readFileSync(join(folder ?? '', file), 'utf8'))
  return groups.filter(({ schema }) => isOf30(schema))
}

test.skipIf(folder === undefined)('the suite has many schemas of OpenAPI 3.0', () => {
  expect(files.flatMap(groupsIn).length).toBeGreaterThan(40)
})

describe.each(files)('JSON Schema test suite, draft 4: %s', (file) => {
  test('the validators agree', () => {
    for (const { description, schema, tests } of groupsIn(file)) {
      const document = { openapi: '3.0.3', components: { schemas: { One: schema } } }
      const validator = createValidators(document, 'request').get('/components/schemas/One')
      for (const { description: what, data, valid } of tests)
        expect([description, what, validator?.(data)]).toEqual([description, what, valid])
    }
  })
})
