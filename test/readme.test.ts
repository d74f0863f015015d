import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { commandOptions } from '../src/cli/command-line.ts'
import { startMock } from '../src/index.ts'
import { LISTEN_OPTIONS, MOCK_OPTIONS } from '../src/mock/options.ts'
import { ask, mockWith, picturesIn } from './ask.ts'

const root = resolve(import.meta.dirname, '..')
const read = (name: string): string => readFileSync(join(root, name), 'utf8')
const { performanceTables, withTables } = await import(new URL('../tools/performance.js', import.meta.url).href)
const { optionTable, withTable: withOptions } = await import(new URL('../tools/options.js', import.meta.url).href)
const readme = read('README.md')
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}))
const blocksIn = (language: string): string[] =>
  blocks.filter((block) => block.language === language).map(({ text }) => text)

test('the curl of the first screen gives the reply that stands below it', async () => {
  await using mock = await startMock()
  const command = blocksIn('sh').find((text) => text.startsWith('curl')) ?? ''
  const [reply = ''] = blocksIn('json')
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    command.replace('curl', 'curl --silent --show-error').replace('http://127.0.0.1:4010', mock.url),
  ])
  expect(JSON.parse(stdout.replaceAll(mock.url, 'http://127.0.0.1:4010'))).toEqual(JSON.parse(reply))
})

test('its two commands are scripts of the package', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const commands = blocksIn('sh').flatMap((text) => (text.startsWith('npm') ? text.trim().split('\n') : []))
  expect(commands).toEqual(['npm ci', 'npm start', 'npm test'])
  for (const command of readme.matchAll(/`npm start -- --(\w+) (\w+)`/g))
    expect(commandOptions.map(({ flag: { name, value } }) => `${name} ${value}`)).toContain(
      `${command[1]} ${command[2]}`,
    )
  for (const name of readme.matchAll(/`npm run ([\w:]+)`/g)) expect(Object.keys(scripts)).toContain(name[1])
  expect(scripts.start).toBe('node dist/cli.js')
})

test('its container is that of the Dockerfile, which test/container builds, and of the recipe', () => {
  const [build = '', run = ''] =
    blocksIn('sh')
      .find((text) => text.startsWith('docker'))
      ?.trim()
      .split('\n') ?? []
  const { name, version } = JSON.parse(read('package.json'))
  expect(build).toBe(`docker build -t ${name}:${version} .`)
  const [, port] = /^EXPOSE (\d+)$/m.exec(read('Dockerfile')) ?? []
  expect(run).toBe(`docker run --rm --read-only -p 127.0.0.1:${port}:${port} ${name}:${version}`)
  expect(read('docs/recipes/testcontainers.md')).toContain(`\`docker build -t ${name}:${version} .\``)
})

test.each(blocksIn('js').map((text) => [text] as const))('its programs run: %s', (text) => {
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', text], {
    cwd: root,
    encoding: 'utf8',
    timeout: 15_000,
  })
  expect(said).toMatch(/http:\/\/[^/]+\/cdn\/1[\w-]+\/[\da-f]{30}\.(png|jpg)/)
})

test('its table of options is made from the flags, and the Chinese one: after a change, node tools/options.js', () => {
  for (const name of ['README.md', 'README.zh-CN.md'])
    expect(withOptions(read(name), optionTable(name))).toBe(read(name))
  expect(optionTable()).toMatch(
    /^\| flag \| variable \| in code \| default \| \|\n\|---\|---\|---\|---\|---\|\n\| `--port N` \| `PORT` \| `port` \| 4010 \| port to /,
  )
  const inCode = [...optionTable().matchAll(/^\|[^|]+\|[^|]+\| `(\w+)` \|/gm)].map(([, name]) => name)
  const withoutFlag = ['timer', 'processMetrics', 'onExchange', 'onFault']
  expect(new Set([...inCode, ...withoutFlag])).toEqual(
    new Set([...Object.keys(LISTEN_OPTIONS), ...Object.keys(MOCK_OPTIONS)]),
  )
  expect(optionTable().trimEnd().split('\n')).toHaveLength(commandOptions.length + 2)
})

test('its tables of performance are what the bench measured last, and the Chinese ones: after a run, node tools/performance.js', () => {
  const saved = JSON.parse(read('bench/figures.json'))
  for (const name of ['README.md', 'README.zh-CN.md']) {
    const tables: string = performanceTables(saved, name)
    expect(withTables(read(name), tables)).toBe(read(name))
    expect(tables).toMatch(/Node 20/)
    expect(tables).toMatch(/\| chat-image-mock \| \d\.\d\d \| \d\.\d\d \| \d\.\d\d \|/)
    expect(
      tables.split('\n').filter((row) => row.includes('| –')),
      'of our own figures none is missing',
    ).toEqual(tables.split('\n').filter((row) => /^\| (?:Steady|Prism|Scalar) /.test(row)))
  }
})

test("its block for a model of one's own is laid over the packaged profiles", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  try {
    writeFileSync(join(folder, 'profiles.yaml'), `${blocksIn('yaml')[0]}flux-own:\n  sizes: [512x512]\n`)
    await using mock = await mockWith({ fixtures: folder })
    await using packaged = await mockWith()
    const text = 'a fox'
    const own = await ask(mock, { model: 'my-model', text })
    expect(own.status).toBe(200)
    expect(own.content).toContain('> 🎨 Generating...')
    const [picture = ''] = picturesIn(own.content)
    const { default: sharp } = await import('sharp')
    const bytes = await (await mock.fetch(picture)).arrayBuffer()
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 768, height: 512, format: 'png' }) // the format is that of '*'
    expect((await ask(packaged, { model: 'my-model', text })).status).toBe(404)

    const dev = await ask(mock, { model: 'flux-kontext-dev', text })
    expect(dev.status).toBe(200)
    expect(dev.content).toContain('>🚀 开始生成图片')
    expect(picturesIn(dev.content)[0]).toMatch(/\.jpg$/)
    expect((await ask(packaged, { model: 'flux-kontext-dev', text })).status).toBe(400)
    expect((await ask(mock, { model: 'flux-own', text })).content).toMatch(/^\{\n "prompt": "a fox",[^]+\.jpg\)$/) // by its family
    expect((await ask(mock, { model: 'nano-banana', text })).content).toBe(
      (await ask(packaged, { model: 'nano-banana', text })).content,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("its block for a scenario of one's own is read and answered", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  try {
    mkdirSync(join(folder, 'scenarios'))
    writeFileSync(join(folder, 'scenarios', 'fox.yaml'), blocksIn('yaml')[1] ?? '')
    await using mock = await mockWith({ fixtures: folder })
    const post = async (model: string, content: string): Promise<Response> =>
      mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content }] }),
      })
    expect(await (await post('flux', 'a cat')).text()).toMatch(/\[DONE\]\n\n$/)
    const cut = await (await post('flux', 'a fox')).text()
    expect([cut.includes('!['), cut.includes('[DONE]')]).toEqual([false, false])
    const limited = await post('flux-pro', 'a fox')
    expect([limited.status, limited.headers.get('retry-after'), limited.headers.get('x-mock-note')]).toEqual([
      429,
      '1',
      'scenario fox (its when matches)',
    ])
    expect(await (await post('flux', 'a fox')).text()).toContain('![')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every block is run by one of these tests', () => {
  expect(blocks.map(({ language }) => language)).toEqual([
    'sh',
    'sh',
    'json',
    'js',
    'js',
    'sh',
    'yaml',
    'yaml',
    'js',
    'sh',
  ])
})

test('the files that it names are there', () => {
  const names = [...readme.matchAll(/\]\(([^)h][^)]*)\)|`((?:src|fixtures)\/[\w./-]+)`/g)].map(
    ([, link, code]) => link ?? code ?? '',
  )
  expect(names.length).toBeGreaterThan(5)
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([])
})

test.each(['CONTRIBUTING.md', 'ARCHITECTURE.md'])('the files, folders and commands that %s names are there', (page) => {
  const text = read(page)
  const paths = [...text.matchAll(/(?:^|[`(\s])((?:src|test|fixtures|tools|docs|deploy)\/[\w./-]*)/gm)]
  const roots = [...text.matchAll(/[`(]([\w-]+\.(?:yaml|md))[`)]/g)]
  const names = [...paths, ...roots].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  // A file beside the one that was named before has its bare name: `control-api.ts`, `routes/operations.ts`.
  const known = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${name.replaceAll('\\', '/')}`,
  )
  const short = [...text.matchAll(/(?<![\w./-])((?!src\/|test\/)(?:[\w-]+\/)*[\w-]+\.ts)\b/g)].map(
    ([, name = '']) => name,
  )
  expect(short.filter((name) => !known.some((path) => path.endsWith(`/${name}`)))).toEqual([])
  expect(names.filter((name) => !existsSync(join(root, name)))).toEqual([])
  const { scripts } = JSON.parse(read('package.json'))
  for (const [, name = ''] of text.matchAll(/`npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name)
})
