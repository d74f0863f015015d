import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  unwatchFile,
  watchFile,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { type Mock, startMock } from '../../src/index.ts'
import { loadAndWatch } from '../../src/mock/watch.ts'
import type { OnRead } from '../../src/openapi/document.ts'
import { start } from '../cli/start.ts'

const POLL = { timeout: 30_000 }
const NAMES = ['profiles.yaml', 'scenarios/own.yaml', 'contract.yaml', 'parts/pong.yaml'] as const

let folder = ''
afterEach(() => rmSync(dirname(folder), { recursive: true, force: true }))

// macOS has its folder for temporary files behind a symbolic link.
const newFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'watched-')))

/** A version of each file that a mock can read. */
const textOf: Readonly<Record<(typeof NAMES)[number], (version: string) => string>> = {
  'profiles.yaml': (version) => `model-${version}: { style: lite }\n`,
  'scenarios/own.yaml': (version) => `about: ${version}\nthen: { error: rate_limited }\n`,
  'contract.yaml': (version) => `openapi: 3.0.3
info: { title: T, version: '1' }
paths:
  /ping: { get: { responses: { '200': { description: d, content: { text/plain: { example: ${version} } } } } } }
  /pong: { $ref: 'parts/pong.yaml' }
`,
  'parts/pong.yaml': (version) =>
    `get: { responses: { '200': { description: d, content: { text/plain: { example: ${version} } } } } }\n`,
}

type Save = (path: string, text: string) => void

const inPlace: Save = (path, text) => writeFileSync(path, text)
const byRename: Save = (path, text) => {
  writeFileSync(`${path}~`, text)
  renameSync(`${path}~`, path)
}
const asNewFile: Save = (path, text) => {
  rmSync(path)
  writeFileSync(path, text)
}

function writeAll(version: string, save: Save = inPlace): void {
  for (const name of NAMES) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    save(join(folder, name), textOf[name](version))
  }
}

/** Two mocks that watch, since those of a custom contract have none of our models. */
async function startAll(onFault: (error: unknown) => void = () => {}): Promise<readonly [Mock, Mock]> {
  folder = join(newFolder(), 'files')
  writeAll('first')
  const mocks = [
    await startMock({ fixtures: folder, watch: true, onFault }),
    await startMock({ spec: join(folder, 'contract.yaml'), watch: true, onFault }),
  ] as const
  onTestFinished(async () => {
    await Promise.all(mocks.map(async (mock) => mock.close(0)))
  })
  return mocks
}

/** The versions of all files that the mocks use, in the order of NAMES. */
async function versionsOf([fixtures, contract]: readonly [Mock, Mock]): Promise<string[]> {
  const get = async (mock: Mock, path: string): Promise<Response> => mock.fetch(`${mock.url}${path}`)
  const { data } = await (await get(fixtures, '/v1/models')).json()
  const { scenarios }: { scenarios: { name: string; about: string }[] } = await (
    await get(fixtures, '/__mock/scenarios')
  ).json()
  const { id = 'model-none' }: { id?: string } =
    data.find((model: { id: string }) => model.id.startsWith('model-')) ?? {}
  return [
    id.slice('model-'.length),
    scenarios.find(({ name }) => name === 'own')?.about ?? 'none',
    await (await get(contract, '/ping')).text(),
    await (await get(contract, '/pong')).text(),
  ]
}

const all = (version: string): string[] => NAMES.map(() => version)

test.each<[how: string, save: Save]>([
  ['in place', inPlace],
  ['by a rename over it', byRename],
  ['by deleting it and creating it again', asNewFile],
])('`watch` reloads each file that was saved %s, each time', async (_how, save) => {
  const mocks = await startAll()
  expect(await versionsOf(mocks)).toEqual(all('first'))
  for (const version of ['second', 'third']) {
    writeAll(version, save)
    await expect.poll(async () => versionsOf(mocks), POLL).toEqual(all(version))
  }
})

test('`watch` reloads a folder that was deleted and created again', async () => {
  const faults: string[] = []
  const mocks = await startAll((error) => faults.push(String(error)))
  rmSync(folder, { recursive: true })
  writeAll('second')
  await expect.poll(async () => versionsOf(mocks), POLL).toEqual(all('second'))
  faults.length = 0
  rmSync(folder, { recursive: true })
  for (const reason of ['files: nothing to read', 'contract.yaml: cannot be read (ENOENT)'])
    await expect.poll(() => faults.join('\n'), POLL).toContain(reason)
  expect(await versionsOf(mocks), 'the last valid version stays in use').toEqual(all('second'))
  writeAll('third')
  await expect.poll(async () => versionsOf(mocks), POLL).toEqual(all('third'))
  rmSync(dirname(folder), { recursive: true })
  writeAll('fourth')
  await expect.poll(async () => versionsOf(mocks), POLL).toEqual(all('fourth'))
  renameSync(dirname(folder), `${dirname(folder)}-old`)
  onTestFinished(() => rmSync(`${dirname(folder)}-old`, { recursive: true }))
  writeAll('fifth')
  await expect.poll(async () => versionsOf(mocks), POLL).toEqual(all('fifth'))
})

test('`watch` reports an invalid file with its line, and reloads it when it is fixed', async () => {
  const faults: string[] = []
  const mocks = await startAll((error) => faults.push(String(error)))
  const broken: Readonly<Record<(typeof NAMES)[number], string>> = {
    'profiles.yaml': 'mine:\n  style: lyte\n',
    'scenarios/own.yaml': 'about: broken\nthen: { eror: rate_limited }\n',
    'contract.yaml': `${textOf['contract.yaml']('broken')}  /pang: { $ref: 'parts/pang.yaml' }\n`,
    'parts/pong.yaml': 'get: [\n',
  }
  for (const name of NAMES) writeFileSync(join(folder, name), broken[name])
  await expect
    .poll(() => NAMES.filter((name) => !new RegExp(String.raw`${basename(name)}:\d`).test(faults.join('\n'))), POLL)
    .toEqual([])
  expect(faults.join('\n')).toMatch(/profiles\.yaml:2 mine\.style: 'lyte' is not allowed/)
  expect(faults.join('\n')).toMatch(/contract\.yaml:6 \$ref 'parts\/pang\.yaml' points to a file that does not exist/)
  expect(await versionsOf(mocks), 'the last valid version stays in use').toEqual(all('first'))
  for (const name of NAMES.filter((one) => one !== 'contract.yaml'))
    writeFileSync(join(folder, name), textOf[name]('second'))
  writeFileSync(join(folder, 'parts/pang.yaml'), textOf['parts/pong.yaml']('new')) // the file that did not exist
  await expect.poll(async () => versionsOf(mocks), POLL).toEqual(['second', 'second', 'broken', 'second'])
})

test('`watch` reads new files of the folder, and files that the contract refers to later', async () => {
  const [fixtures, contract] = await startAll()
  rmSync(join(folder, 'scenarios'), { recursive: true })
  rmSync(join(folder, 'profiles.yaml'))
  writeFileSync(join(folder, 'profiles.yaml'), textOf['profiles.yaml']('second'))
  await expect.poll(async () => versionsOf([fixtures, contract]), POLL).toEqual(['second', 'none', 'first', 'first'])
  mkdirSync(join(folder, 'scenarios'))
  writeFileSync(join(folder, 'scenarios/own.yaml'), textOf['scenarios/own.yaml']('third'))
  mkdirSync(join(folder, 'more'))
  writeFileSync(join(folder, 'more/pong.yaml'), textOf['parts/pong.yaml']('third'))
  writeFileSync(join(folder, 'contract.yaml'), textOf['contract.yaml']('third').replace('parts/', 'more/'))
  await expect.poll(async () => versionsOf([fixtures, contract]), POLL).toEqual(['second', 'third', 'third', 'third'])
  byRename(join(folder, 'more/pong.yaml'), textOf['parts/pong.yaml']('fourth'))
  byRename(join(folder, 'scenarios/own.yaml'), textOf['scenarios/own.yaml']('fourth'))
  await expect.poll(async () => versionsOf([fixtures, contract]), POLL).toEqual(['second', 'fourth', 'third', 'fourth'])
})

test('`--watch` reacts to no file that the mock did not read, and logs which files changed', async () => {
  folder = join(newFolder(), 'files')
  writeAll('first')
  const path = (name: string): string => join(folder, name)
  await using mock = await start(['--watch', '--fixtures', folder, '--spec', path('contract.yaml')])
  // Another mock shows how long a reload takes.
  const others = join(dirname(folder), 'others')
  mkdirSync(others)
  const reported: string[] = []
  writeFileSync(join(others, 'profiles.yaml'), 'mine: { style: lite }\n')
  const other = await startMock({
    fixtures: others,
    watch: true,
    onFault: (error) => reported.push(String(error)),
  })
  onTestFinished(async () => other.close(0))
  const waitForReload = async (style: string): Promise<void> => {
    byRename(join(others, 'profiles.yaml'), `mine: { style: ${style} }\n`)
    await expect.poll(() => String(reported.at(-1)), POLL).toContain(`'${style}' is not allowed`)
  }
  const reloads = (): unknown[] =>
    mock.lines
      .map((line) => JSON.parse(line))
      .filter(({ msg, level }) => level === 'error' || /reload/.test(msg))
      .map(({ time: _time, ...entry }) => entry)
  const reload = (...files: string[]): object => ({
    level: 'info',
    msg: 'reloaded',
    files: files.map(path),
    changed: files.length,
  })

  for (const name of ['other.yaml', 'profiles.yaml.bak', 'scenarios/README.md', 'scenarios/.own.yaml', 'parts/x.yaml'])
    writeFileSync(path(name), 'no: [')
  await waitForReload('one')
  expect(reloads()).toEqual([])
  byRename(path('scenarios/own.yaml'), textOf['scenarios/own.yaml']('second'))
  await expect.poll(reloads, POLL).toEqual([reload('scenarios/own.yaml')])

  byRename(path('other.yaml'), 'still: [')
  rmSync(path('scenarios/README.md'))
  await waitForReload('two')
  expect(reloads()).toHaveLength(1)
  byRename(path('scenarios/new.yaml'), 'about: broken\nthen: { eror: rate_limited }\n')
  const fault = { level: 'error', msg: expect.stringMatching(/new\.yaml:2 then[^]*\nkeeping the previous files$/) }
  await expect.poll(reloads, POLL).toEqual([reload('scenarios/own.yaml'), fault])
  byRename(path('parts/pong.yaml'), textOf['parts/pong.yaml']('second'))
  await expect.poll(reloads, POLL).toEqual([reload('scenarios/own.yaml'), fault, fault])
  rmSync(path('scenarios/new.yaml'))
  await expect
    .poll(reloads, POLL)
    .toEqual([reload('scenarios/own.yaml'), fault, fault, reload('scenarios/new.yaml', 'parts/pong.yaml')])
  expect(await (await fetch(`${mock.url}/pong`)).text()).toBe('second')
})

test('a change during a reload is loaded after it, and a reload that ends after the mock is closed changes nothing', async () => {
  const path = join(newFolder(), 'file')
  folder = path
  const noticed = async (): Promise<void> =>
    new Promise((done) => {
      const seen = (): void => {
        unwatchFile(path, seen)
        done()
      }
      watchFile(path, { persistent: false }, seen) // it shares the watcher of the mock, and is called after it
    })
  const started: string[] = []
  const loaded: string[] = []
  const ending = new AbortController()
  let finish = (): void => {}
  const load = async (onRead: OnRead): Promise<string> => {
    onRead(path)
    const text = await readFile(path, 'utf8')
    started.push(text)
    if (text !== 'first') await new Promise<void>((done) => void (finish = done))
    return text
  }
  inPlace(path, 'first')
  await loadAndWatch(load, {
    signal: ending.signal,
    onLoaded: (text) => loaded.push(text),
    onError: (error) => expect.unreachable(String(error)),
  })
  byRename(path, 'second')
  await expect.poll(() => started, POLL).toEqual(['first', 'second'])
  const change = noticed()
  byRename(path, 'third')
  await change
  expect([started, loaded]).toEqual([['first', 'second'], []])
  finish()
  await expect.poll(() => started, POLL).toEqual(['first', 'second', 'third'])
  finish()
  byRename(path, 'fourth')
  await expect.poll(() => started, POLL).toEqual(['first', 'second', 'third', 'fourth'])
  ending.abort()
  finish()
  for (let turns = 0; turns < 100; turns++) await turn()
  expect(loaded).toEqual(['second', 'third'])
})

test('`watch` ends when the mock is closed, and does not keep the process alive', async () => {
  const late: unknown[] = []
  const faults: unknown[] = []
  const [closed] = await startAll((error) => late.push(error))
  const watching = await startMock({ fixtures: folder, watch: true, onFault: (error) => faults.push(error) })
  onTestFinished(async () => watching.close(0))
  await closed.close()
  for (const style of ['one', 'two']) {
    byRename(join(folder, 'profiles.yaml'), `mine:\n  style: ${style}\n`)
    await expect.poll(() => String(faults.at(-1)), POLL).toContain(`'${style}' is not allowed`)
  }
  expect(late).toEqual([])

  writeAll('second')
  const program = `import { createMock } from 'chat-image-mock'
await createMock({ fixtures: ${JSON.stringify(folder)}, spec: ${JSON.stringify(join(folder, 'contract.yaml'))}, watch: true })`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect([status, stderr]).toEqual([0, ''])
})
