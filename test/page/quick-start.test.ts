import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { firstOperation, firstTest, sampleModel, withValues } from '../../src/page/quick-start.ts'
import { toSource } from '../../src/page/request-source.ts'
import { toCurl } from '../../src/page/snippets/curl.ts'

const MOCK = { root: 'http://127.0.0.1:4010', basePath: '/v1' }
const operationsOf = (...names: string[]) =>
  names.map((name) => {
    const [method = '', path = ''] = name.split(' ')
    return { method, path }
  })

test.each([
  [['POST /a', 'GET /b/{id}', 'GET /c'], 'GET /c'],
  [['POST /a', 'GET /b/{id}'], 'GET /b/{id}'],
  [['DELETE /a'], 'DELETE /a'],
])('of %j, %s is the easiest to call', (names, expected) => {
  const first = firstOperation(operationsOf(...names))
  expect(`${first?.method} ${first?.path}`).toBe(expected)
})

test.each([
  [['log', 'short', 'other'], 'short'],
  [['log', 'unknown'], 'log'],
  [[], ''],
])('of the models %j, the sample request has %j', (models, expected) => {
  const facts = [
    { name: 'log', style: 'task-log' },
    { name: 'short', style: 'markdown' },
    { name: 'other', style: 'markdown' },
  ]
  expect(sampleModel({ models, facts })).toBe(expected)
})

test('a contract without operations has no first one', () => {
  expect(firstOperation([])).toBeUndefined()
})

test('each parameter of a path gets a value', () => {
  expect(withValues('/shops/{shop}/files/{name}.json')).toBe('/shops/1/files/1.json')
})

test('a request that is not in the journal becomes a command', () => {
  const headers = { 'content-type': 'application/json', 'x-mock-session': 'alice' }
  const source = toSource({ method: 'POST', path: '/v1/x', headers, body: { stream: true } }, MOCK)
  expect(toCurl(source)).toBe(
    `curl --no-buffer http://127.0.0.1:4010/v1/x \\\n  -H 'content-type: application/json' \\\n  -H 'x-mock-session: alice' \\\n  --data-raw '{ "stream": true }'\n`,
  )
  expect(toCurl(toSource({ method: 'DELETE', path: '/x', headers: {} }, MOCK))).toBe(
    'curl --request DELETE http://127.0.0.1:4010/x\n',
  )
})

test('the first test is a valid module, whatever the model and the prompt contain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'first-test-'))
  try {
    const file = join(folder, 'first.test.mjs')
    const text = String.raw`it's ${'`${x}`'} \ */ "</script>` + '\n\u2028'
    writeFileSync(file, firstTest({ model: text, prompt: text }))
    expect(() => execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' })).not.toThrow()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
