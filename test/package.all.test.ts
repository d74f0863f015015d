import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack } from './consumer/consumer.ts'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'chat-image-mock-'))
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 240_000, stdio: ['ignore', 'pipe', 'pipe'] })

const { tarball, packed } = pack()
beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', tarball)
})
afterAll(() => {
  for (const made of [folder, dirname(tarball)]) rmSync(made, { recursive: true, force: true })
})

test('the package has exactly the expected files, in less than 3 MB (update: npx vitest run --config vitest.all.config.ts test/package -u)', async () => {
  const files = packed.files.map(({ path }) =>
    path.replace(/^fixtures\/scenarios\/[a-z\d-]+\.yaml$/, 'fixtures/scenarios/*.yaml'),
  )
  await expect(`${[...new Set(files)].toSorted().join('\n')}\n`).toMatchFileSnapshot('package.txt')
  expect(packed.size).toBeLessThan(3_000_000)
})

test('installing it installs no test runner, no store client and no install scripts', () => {
  const installed = Object.entries<{ hasInstallScript?: boolean }>(
    JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages,
  )
  const names = installed.map(([path]) => path.replace(/^.*node_modules\//, ''))
  expect(names).toContain('sharp')
  expect(
    names.filter((name) =>
      /^(?:vitest|@vitest\/.*|playwright.*|@playwright\/.*|testcontainers|@testcontainers\/.*|dockerode|@redis\/.*)$/.test(
        name,
      ),
    ),
  ).toEqual([])
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([])
})

test('the packed package.json has no install scripts', () => {
  const manifest = execFileSync('tar', ['-xOf', tarball, 'package/package.json'], { encoding: 'utf8' })
  const { scripts } = JSON.parse(manifest)
  expect(scripts).toHaveProperty('start')
  for (const name of ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'])
    expect(scripts).not.toHaveProperty(name)
})

test('npm start in a clone builds first, and again after a source file has changed', async () => {
  const { isStale, SOURCES } = await import(new URL('../tools/build-if-stale.js', import.meta.url).href)
  const clone = mkdtempSync(join(tmpdir(), 'clone-'))
  try {
    for (const name of [...SOURCES, 'package.json']) cpSync(join(root, name), join(clone, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
    expect(isStale(clone)).toBe(true)
    const child = spawn('npm', ['start', '--', '--port', '0'], {
      cwd: clone,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true, // npm may not forward the signal, so it is sent to the whole group
    })
    try {
      const lines: string[] = []
      createInterface(child.stdout).on('line', (line) => lines.push(line))
      await expect.poll(() => lines.at(-1), { timeout: 120_000 }).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    } finally {
      process.kill(-Number(child.pid), 'SIGTERM')
    }
    await once(child, 'close')
    expect(isStale(clone)).toBe(false)
    const later = Date.now() / 1000 + 60
    utimesSync(join(clone, 'fixtures/scenarios'), later, later) // as if a file in it was deleted
    expect(isStale(clone)).toBe(true)
  } finally {
    rmSync(clone, { recursive: true, force: true })
  }
})

test('--store without @redis/client fails with one line that says what to install', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(folder, 'node_modules/chat-image-mock/dist/cli.js'),
      '--port',
      '0',
      '--store',
      'redis://:hunter2@localhost:6379',
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    },
  )
  expect([status, stdout, stderr]).toEqual([
    1,
    '',
    'chat-image-mock: store: the package @redis/client is not installed; run: npm install @redis/client\n',
  ])
})

test('its types resolve in every mode for ES modules', () => {
  const { status, output } = spawnSync(join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only'], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  expect(status, output.join('')).toBe(0)
})

test('publint reports nothing', async () => {
  const { messages } = await publint({ pkgDir: join(folder, 'node_modules/chat-image-mock'), pack: false })
  expect(messages).toEqual([])
})

const PROGRAM = `
  const mock = await createMock()
  const response = await mock.fetch(mock.baseURL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }] }) })
  const picture = await mock.fetch(/!\\[.*?\\]\\((.*?)\\)/.exec((await response.json()).choices[0].message.content)[1])
  process.stdout.write(picture.status + ' ' + picture.headers.get('content-type') + ' ' + (await (await mock.fetch(mock.url + '/openapi.yaml')).text()).length)
  await mock.close()`

test('the installed package can be imported, required and run', () => {
  expect(
    run(process.execPath, '--input-type=module', '-e', `import { createMock } from 'chat-image-mock'\n${PROGRAM}`),
  ).toMatch(/^200 image\/jpeg \d{5}$/)
  expect(
    run(
      process.execPath,
      '--input-type=commonjs',
      '-e',
      `const { createMock } = require('chat-image-mock'); (async () => {${PROGRAM}})()`,
    ),
  ).toMatch(/^200 image\/jpeg \d{5}$/)
  expect(run('npx', '--no-install', 'chat-image-mock', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(
    run('npx', '--no-install', 'chat-image-mock', 'validate', 'node_modules/chat-image-mock/openapi.yaml'),
  ).toContain('is valid')
})
