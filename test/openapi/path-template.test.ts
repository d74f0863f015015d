import fc from 'fast-check'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { honoPath, overlaps, toPathTemplate } from '../../src/openapi/path-template.ts'

test.each<[string, string, Record<string, string>]>([
  ['/items', '/items', {}],
  ['/items/{id}', '/items/7', { id: '7' }],
  ['/items/{id}', '/items/a%2Fb', { id: 'a/b' }],
  ['/items/{id}', '/items/%E7%8C%AB', { id: '猫' }],
  ['/items/{id}', '/items/a%25b', { id: 'a%b' }],
  ['/items/{a-b}/{c.d}', '/items/1/2', { 'a-b': '1', 'c.d': '2' }],
  ['/files/{name}.json', '/files/a.b.json', { name: 'a.b' }],
  ['/{from}-{to}', '/1-2', { from: '1', to: '2' }],
  ['/items/{id}:cancel', '/items/7:cancel', { id: '7' }],
  ['/items({id})', '/items(7)', { id: '7' }],
  ['/a.b+c/{x}', '/a.b+c/1', { x: '1' }],
  ['/models:list', '/models:list', {}],
  ['/x/:name', '/x/:name', {}],
  ['/y/*', '/y/*', {}],
  ['/v/:id/{a}', '/v/:id/1', { a: '1' }],
])('%s matches %s', async (template, path, values) => {
  expect(toPathTemplate(template).read(path)).toEqual(values)
  expect(await isRouted(template, path)).toBe(true)
})

test.each([
  ['/items/{id}', '/items'],
  ['/items/{id}', '/items/'],
  ['/items/{id}', '/items/1/2'],
  ['/files/{name}.json', '/files/a.yaml'],
  ['/files/{name}.json', '/files/axjson'],
  ['/files/{name}.json', '/files/.json'],
  ['/a.b/{x}', '/axb/1'],
  ['/items/{id}:cancel', '/items/7'],
  ['/x/:name', '/x/other'],
  ['/y/*', '/y/zzz/q'],
  ['/v/:id/{a}', '/v/9/1'],
  ['/p/{a}-{b}-{c}.json', `/p/${'-'.repeat(5000)}`],
  ['/p/{a}{b}{c}{d}{e}{f}x', `/p/${'a'.repeat(5000)}`],
])('%s does not match %s', async (template, path) => {
  expect(await isRouted(template, path)).toBe(false)
})

async function isRouted(template: string, path: string): Promise<boolean> {
  const app = new Hono().get(honoPath(template), (c) => c.text('')).get('/other/:name', (c) => c.text(''))
  return (await app.request(path)).status === 200 && toPathTemplate(template).matches(path)
}

test('a path that is not valid percent-encoding has no values', () => {
  expect(toPathTemplate('/items/{id}').read('/items/%ff')).toBeUndefined()
  expect(toPathTemplate('/items/{id}').read('/items/50%')).toBeUndefined()
})

test('an encoded value is decoded', () => {
  const { read } = toPathTemplate('/a/{x}/b/{y}.json')
  const value = fc.string({ minLength: 1, unit: 'grapheme' })
  fc.assert(
    fc.property(value, value, (x, y) => {
      expect(read(`/a/${encodeURIComponent(x)}/b/${encodeURIComponent(y)}.json`)).toEqual({ x, y })
    }),
  )
})

test.each([
  ['/a/b', '/a/b', true],
  ['/a/b', '/a/c', false],
  ['/a/{x}', '/a/c', true],
  ['/a/c', '/a/{x}', true],
  ['/a/{x}', '/b/{x}', false],
  ['/a/{x}', '/{y}/b', true],
  ['/a/{x}', '/a', false],
  ['/a/{x}', '/a/{x}/{y}', false],
  ['/files/{name}.json', '/files/a.json', true],
  ['/files/{name}.json', '/files/a.yaml', false],
  ['/files/{name}.json', '/files/{other}', true],
  ['/files/{name}.json', '/files/{other}.yaml', false],
  ['/{name}:a', '/b-{other}', true],
  ['/a-{name}', '/b-{other}', false],
])('overlaps(%s, %s) is %s', (a, b, expected) => {
  expect(overlaps(a, b)).toBe(expected)
  expect(overlaps(b, a)).toBe(expected)
})
