import { readFileSync } from 'node:fs'
import SwaggerParser from '@apidevtools/swagger-parser'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadContract } from '../../src/openapi/contract.ts'

const read = (path: string): any => parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const given = read('fixtures/provider/export.yaml')
const ours = read('openapi.yaml')

/** Scalars of the export that have moved, because their schemas are now a branch of an anyOf. */
const REQUEST = '/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema'
const MOVED: readonly (readonly [from: string, to: string])[] = [
  [`${REQUEST}/properties/model`, '/components/schemas/Model/anyOf/0'],
  [`${REQUEST}/properties/messages/items/properties/content`, '/components/schemas/Content/anyOf/0'],
]

function* scalars(value: any, pointer = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [pointer, value]
  else
    for (const [key, item] of Object.entries(value))
      yield* scalars(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

test('the contract keeps every scalar of the provider export, at its pointer or at one of two that moved', () => {
  const kept = new Map(scalars(ours))
  const all = [...scalars(given)]
  expect(all.length).toBeGreaterThan(150)
  const lost = all.filter(([pointer, value]) => {
    const [from, to] = MOVED.find(([start]) => pointer.startsWith(`${start}/`)) ?? ['', '']
    return kept.get(to + pointer.slice(from.length)) !== value
  })
  expect(lost).toEqual([])
})

test('swagger-parser finds no error in the contract or in the export', async () => {
  for (const document of [ours, given])
    await expect(SwaggerParser.validate(structuredClone(document))).resolves.toBeDefined()
})

test('the packaged contract can be loaded like any other file', async () => {
  const { operations } = await loadContract('openapi.yaml')
  expect(operations.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/chat/completions',
    'GET /v1/models',
    'GET /v1/models/{model}',
  ])
})
