import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { document, operations, validators } from '#prepared'
import { requestSchemas } from '../../src/openapi/validator.ts'

const { prepare } = await import(new URL('../../tools/prepare.js', import.meta.url).href)

test('build/prepared.js is up to date with the contract and the profiles', async () => {
  const built = readFileSync(new URL('../../build/prepared.js', import.meta.url), 'utf8')
  expect(built).toBe(await prepare())
})

test('the build compiles a validator for each schema of a request', () => {
  const compiled = requestSchemas(document(), operations)
  expect(compiled.length).toBeGreaterThan(1)
  expect(compiled.filter((pointer) => validators.get(pointer) === undefined)).toEqual([])
})
