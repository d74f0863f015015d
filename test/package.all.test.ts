import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'chat-image-mock-'))
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 240_000, stdio: ['ignore', 'pipe', 'pipe'] })

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

let packed: Packed
beforeAll(() => {
  const [first]: Packed[] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }))
  if (first === undefined) throw new Error('npm packed nothing')
  packed = first
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', `./${packed.filename}`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the package holds what it runs with and nothing else, in less than 3 MB', () => {
  const outside = packed.files.map(({ path }) => path).filter((path) => !path.startsWith('dist/') && !/^fixtures\/scenarios\/[a-z\d-]+\.yaml$/.test(path))
  expect(outside.toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'fixtures/glyphs.LICENSE',
    'fixtures/glyphs.bin',
    'fixtures/profiles.yaml',
    'fixtures/scenario.schema.json',
    'openapi.yaml',
    'package.json',
  ])
  expect(packed.files.filter(({ path }) => path.startsWith('dist/') && !/\.(?:js|d\.ts)$/.test(path)).map(({ path }) => path)).toEqual(['dist/LICENSES.txt'])
  expect(packed.size).toBeLessThan(3_000_000)
})

test('publint finds nothing', async () => {
  const { messages } = await publint({ pkgDir: join(folder, 'node_modules/chat-image-mock'), pack: false })
  expect(messages).toEqual([])
})

const PROGRAM = `
  const mock = await createMock()
  const asked = await mock.fetch(mock.baseURL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }] }) })
  const picture = await mock.fetch(/!\\[.*?\\]\\((.*?)\\)/.exec((await asked.json()).choices[0].message.content)[1])
  process.stdout.write(picture.status + ' ' + picture.headers.get('content-type') + ' ' + (await (await mock.fetch(mock.url + '/openapi.yaml')).text()).length)
  await mock.close()`

test('installed, it is imported, required and run', () => {
  expect(run(process.execPath, '--input-type=module', '-e', `import { createMock } from 'chat-image-mock'\n${PROGRAM}`)).toMatch(/^200 image\/jpeg \d{5}$/)
  expect(run(process.execPath, '--input-type=commonjs', '-e', `const { createMock } = require('chat-image-mock'); (async () => {${PROGRAM}})()`)).toMatch(/^200 image\/jpeg \d{5}$/)
  expect(run('npx', '--no-install', 'chat-image-mock', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(run('npx', '--no-install', 'chat-image-mock', 'validate', 'node_modules/chat-image-mock/openapi.yaml')).toContain('is valid')
})
