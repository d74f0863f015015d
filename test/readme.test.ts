import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { flags } from '../src/cli/options.ts'
import { startMock } from '../src/index.ts'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
const blocksIn = (language: string): string[] => blocks.filter((block) => block.language === language).map(({ text }) => text)

test('the curl of the first screen gives the reply that stands below it', async () => {
  await using mock = await startMock()
  const command = blocksIn('sh').find((text) => text.startsWith('curl')) ?? ''
  const [reply = ''] = blocksIn('json')
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const { stdout } = await promisify(execFile)('bash', ['-c', command.replace('curl', 'curl --silent --show-error').replace('http://127.0.0.1:4010', mock.url)])
  expect(JSON.parse(stdout.replaceAll(mock.url, 'http://127.0.0.1:4010'))).toEqual(JSON.parse(reply))
})

test('its two commands are scripts of the package', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const commands = blocksIn('sh').flatMap((text) => (text.startsWith('npm') ? text.trim().split('\n') : []))
  expect(commands).toEqual(['npm ci', 'npm start', 'npm test'])
  for (const name of readme.matchAll(/`npm run ([\w:]+)`/g)) expect(Object.keys(scripts)).toContain(name[1])
  expect(scripts.start).toBe('node dist/cli.js')
})

test.each(blocksIn('js').map((text) => [text] as const))('its programs run: %s', (text) => {
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', text], { cwd: root, encoding: 'utf8', timeout: 15_000 })
  expect(said).toMatch(/http:\/\/[^/]+\/cdn\/1[\w-]+\/[\da-f]{30}\.(png|jpg)/)
})

test('its table of options is made from the flags', () => {
  const rows = flags.map(({ flag, value, env, fallback, about }) => `| \`--${flag} ${value}\` | \`${env}\` | ${fallback} | ${about} |`)
  expect(readme).toContain(['| flag | variable | default | |', '|---|---|---|---|', ...rows, ''].join('\n'))
})

test('every block is run by one of these tests', () => {
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'sh', 'json', 'js', 'js', 'sh'])
})

test('the files that it names are there', () => {
  const names = [...readme.matchAll(/\]\(([^)h][^)]*)\)|`((?:src|fixtures)\/[\w./-]+)`/g)].map(([, link, code]) => link ?? code ?? '')
  expect(names.length).toBeGreaterThan(5)
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([])
})
