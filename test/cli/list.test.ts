import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { CLI } from './start.ts'

const root = resolve(import.meta.dirname, '../..')

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const run = (args: readonly string[], env: Record<string, string> = {}): Ran => {
  const options = { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env }, timeout: 15_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], options)
  return { status, stdout, stderr }
}
const namesIn = ({ stdout }: Ran): string[] =>
  stdout.split('\n').flatMap((line) => (line === '' || line.startsWith('MODEL') ? [] : [line.split(' ')[0] ?? '']))
const itemsIn = ({ stdout }: Ran): Record<string, unknown>[] => JSON.parse(stdout)

const custom = mkdtempSync(join(tmpdir(), 'list-'))
writeFileSync(
  join(custom, 'profiles.yaml'),
  'mine-*: { style: lite, sizes: [512x256, 256x512], formats: [webp, png] }\n',
)
mkdirSync(join(custom, 'scenarios'))
writeFileSync(join(custom, 'scenarios/my-own.yaml'), 'about: My own scenario\nthen: { error: rate_limited }\n')

test('models lists each model and family of the contract with what it can do, in aligned columns', () => {
  const listed = run(['models'])
  expect(listed).toMatchObject({ status: 0, stderr: '' })
  const models: string[] = parse(readFileSync(join(root, 'openapi.yaml'), 'utf8')).components.schemas.Model.anyOf[0]
    .enum
  expect(new Set(namesIn(listed))).toEqual(new Set([...models, 'flux-*', 'flux-kontext-*', 'flux-kontext-dev']))
  expect(listed.stdout).toMatch(
    /^MODEL +STYLE +FORMATS +REFERENCE PICTURES +SIZES \(FIRST = DEFAULT\)\n(?:.*\n)*dall-e-3 +markdown +png +none +1024x1024 1792x1024 1024x1792\n/,
  )
  const lines = listed.stdout.trimEnd().split('\n')
  const column = lines[0]?.indexOf('SIZES') ?? 0
  for (const line of lines.slice(1)) expect(line.slice(column)).toMatch(/^\d+x\d+( \d+x\d+)*( and \d+ more)?$/)
})

test('models --json has all sizes, the default size and format first', () => {
  expect(itemsIn(run(['models', 'dall', '--json']))).toEqual([
    {
      name: 'dall-e-3',
      style: 'markdown',
      formats: ['png'],
      references: 'none',
      sizes: ['1024x1024', '1792x1024', '1024x1792'],
    },
  ])
  const [flux] = itemsIn(run(['models', '--json', 'flux-*']))
  expect(flux?.['sizes']).toHaveLength(20)
})

test('scenarios lists each scenario with its description, an empty line between prefixes', () => {
  const listed = run(['scenarios'])
  expect(listed).toMatchObject({ status: 0, stderr: '' })
  const files = readdirSync(join(root, 'fixtures/scenarios')).map((name) => name.replace('.yaml', ''))
  expect(namesIn(listed)).toEqual(files.toSorted())
  for (const block of listed.stdout.trimEnd().split('\n\n'))
    expect(new Set(block.split('\n').map((line) => line.split('-')[0])).size).toBe(1)
  for (const { name, about } of itemsIn(run(['scenarios', '--json'])))
    expect(about).toBe(parse(readFileSync(join(root, `fixtures/scenarios/${String(name)}.yaml`), 'utf8')).about)
})

test.each([
  ['a prefix', ['scenarios', 'stream'], /^stream-/],
  ['a word', ['scenarios', '503'], /^retry-503$/],
  ['any part of a name, if no word begins with it', ['scenarios', 'oken-js'], /^stream-broken-json$/],
  ['upper case', ['models', 'FLUX'], /^flux/],
  ['a model of a family', ['models', 'flux-anything'], /^flux-\*$/],
])('the argument filters by %s', (_what, args, pattern) => {
  const names = namesIn(run(args))
  expect(names).not.toEqual([])
  expect(names.filter((name) => !pattern.test(name))).toEqual([])
})

test.each([
  [['scenarios', 'retry-504'], "no name contains 'retry-504'. Did you mean retry-503?"],
  [['scenarios', 'strem'], "no name contains 'strem'. Did you mean stream?"],
  [['scenarios', 'zz', '--json'], "no name contains 'zz'. `chat-image-mock scenarios` lists all."],
  [['models', '(['], "no name contains '(['. `chat-image-mock models` lists all."],
  [['models', 'zzz'], "no name contains 'zzz'. `chat-image-mock models` lists all."],
])('reports a filter without a match with exit code 1: %j', (args, message) => {
  expect(run(args)).toEqual({ status: 1, stdout: '', stderr: `chat-image-mock: ${message}\n` })
})

test('--fixtures and MOCK_FIXTURES add custom models and scenarios', () => {
  expect(itemsIn(run(['models', 'mine', '--json', '--fixtures', custom]))).toEqual([
    { name: 'mine-*', style: 'lite', formats: ['webp', 'png'], references: 'optional', sizes: ['512x256', '256x512'] },
  ])
  expect(run(['scenarios', 'my'], { MOCK_FIXTURES: custom }).stdout).toBe('my-own  My own scenario\n')
})

test('--spec lists the models of another contract', () => {
  const file = join(custom, 'spec.yaml')
  const document = parse(readFileSync(join(root, 'openapi.yaml'), 'utf8'))
  document.components.schemas.Model = { type: 'string', enum: ['one', 'two'] }
  writeFileSync(file, JSON.stringify(document))
  expect(namesIn(run(['models', '--spec', file]))).toEqual(['one', 'two'])
})

test('a name or description of a file cannot control the terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'list-'))
  writeFileSync(join(folder, 'profiles.yaml'), String.raw`"flux-\e[31m\nx": { style: lite }`)
  mkdirSync(join(folder, 'scenarios'))
  const scenario = String.raw`{ about: "a\e[31m\u202e\x9bb", then: { error: rate_limited } }`
  writeFileSync(join(folder, 'scenarios/escapes.yaml'), scenario)
  expect(run(['models', 'flux', '--fixtures', folder]).stdout).toMatch(/^flux-\?\[31m\?x +lite /m)
  expect(run(['scenarios', 'escapes', '--fixtures', folder]).stdout).toBe('escapes  a?[31m??b\n')
  const json = run(['scenarios', 'escapes', '--json', '--fixtures', folder])
  for (const character of '\u001b\u202e\u009b') expect(json.stdout).not.toContain(character)
  expect(itemsIn(json)).toEqual([{ name: 'escapes', about: 'a\u001b[31m\u202e\u009bb' }])
})

test('a slow reader gets a list that is longer than its pipe', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'list-'))
  mkdirSync(join(folder, 'scenarios'))
  for (let i = 0; i < 10; i++)
    writeFileSync(
      join(folder, `scenarios/long-${i}.yaml`),
      `{ about: ${'x'.repeat(90_000)}, then: { error: rate_limited } }`,
    )
  const child = spawn(process.execPath, [CLI, 'scenarios', 'long', '--fixtures', folder])
  await sleep(2500) // the command is ready to exit before its output is read
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  await once(child, 'close')
  expect(text.length).toBeGreaterThan(900_000)
})
