import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Started } from './start.ts'
import { body, CLI, isWindows, start } from './start.ts'

const root = resolve(import.meta.dirname, '../..')
const run = (
  args: readonly string[],
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
    timeout: 15_000,
  })

test('--help lists every flag with its variable and default, and --version says the version', () => {
  const { status, stdout } = run(['--help'])
  expect(status).toBe(0)
  for (const [flag, env] of [
    ['--port', 'PORT'],
    ['--host', 'HOST'],
    ['--spec', 'MOCK_SPEC'],
    ['--public-url', 'MOCK_PUBLIC_URL'],
    ['--pace', 'MOCK_PACE'],
    ['--api-key', 'MOCK_API_KEY'],
    ['--seed', 'MOCK_SEED'],
    ['--clock', 'MOCK_CLOCK'],
    ['--grace', 'MOCK_GRACE'],
    ['--log', 'MOCK_LOG'],
    ['--log-level', 'MOCK_LOG_LEVEL'],
    ['--wait', 'MOCK_WAIT'],
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${flag} [A-Z]+ +${env} `, 'm'))
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(run(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test.skipIf(isWindows)(
  'the address is the only line on stdout; requests are logged on stderr, one line each',
  async () => {
    await using mock = await start()
    expect(mock.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const response = await fetch(`${mock.url}/v1/chat/completions`, body(false))
    await response.text()
    await fetch(`${mock.url}/nothing\u001b?secret=1`)
    mock.process.kill('SIGTERM')
    expect(await mock.ended).toBe(0)
    const told = {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: expect.any(String),
      duration: expect.any(Number),
    }
    expect(mock.lines.map((line) => JSON.parse(line))).toEqual([
      { time: told.time, level: 'info', msg: 'ready', url: mock.url, version: expect.stringMatching(/^\d/) },
      {
        ...told,
        level: 'info',
        msg: 'POST /v1/chat/completions 200',
        requestId: response.headers.get('x-request-id'),
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        model: 'gpt-4o-image',
      },
      {
        ...told,
        level: 'warn',
        msg: expect.stringMatching(/^GET \/nothing.* 404$/),
        method: 'GET',
        path: expect.stringContaining('/nothing'),
        status: 404,
        error: expect.stringContaining('Invalid URL'),
      },
      { time: told.time, level: 'info', msg: 'ending: open answers have 2 s', grace: 2 },
      { time: told.time, level: 'info', msg: 'ended' },
    ])
    expect(mock.lines.join('')).not.toContain('secret')
  },
)

test.skipIf(isWindows)('--log pretty and silent', async () => {
  await using pretty = await start(['--log', 'pretty'])
  await fetch(`${pretty.url}/v1/models`)
  await using silent = await start([], { MOCK_LOG: 'silent', MOCK_WAIT: '30' }) // a container's variables are those of its health check too
  await fetch(`${silent.url}/v1/models`)
  for (const mock of [pretty, silent]) mock.process.kill('SIGINT')
  expect(await Promise.all([pretty.ended, silent.ended])).toEqual([0, 0])
  expect(pretty.lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
    'ready',
    expect.stringMatching(/^200 GET \/v1\/models [\d.]+ ms$/),
    'ending: open answers have 2 s',
    'ended',
  ])
  expect(silent.lines).toEqual([])
})

test.each([
  [['--port', 'x'], "--port: 'x' is not allowed; give a whole number from 0 to 65535"],
  [['--port', '70000'], "--port: '70000' is not allowed"],
  [['--pace', 'slow'], "--pace: 'slow' is not allowed; give instant, real, or a factor from 0 to 1000"],
  [['--log', 'loud'], "--log: 'loud' is not allowed; give pretty, json, silent"],
  [['--log-level', 'trace'], "--log-level: 'trace' is not allowed; give error, warn, info, debug"],
  [['--grace', '-1'], '--grace'],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--port'], '--port'],
  [['sevre'], "unknown command 'sevre'; the commands are serve, validate, ready"],
  [
    ['--store', 'localhost:6379'],
    '--store: this value is not allowed; give the URL of a Redis or Valkey, as redis://localhost:6379/0?prefix=mine',
  ],
  [['serve', 'openapi.yaml'], "serve takes no 'openapi.yaml'; a contract is given with --spec"],
  [['serve', '--wait', '1'], '--wait: serve does not take it; it is a flag of ready'],
  [['--public-url', 'mock'], '--public-url: this value is not allowed; give what links can begin with, as https://'],
  [['--public-url', 'ftp://mock'], '--public-url: this value is not allowed; give what links can begin with'],
  [['--spec', '/nowhere.yaml'], '/nowhere.yaml: cannot be read'],
  [['--host', '192.0.2.1'], '192.0.2.1 is no address of this machine'],
  [['validate'], 'validate takes one file'],
])('a mistake is said in one line, with exit code 1: %j', (args, message) => {
  const { status, stdout, stderr } = run(args)
  expect(stderr).toContain(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
})

test('a bad variable is said by its name, and no key is printed', () => {
  expect(run([], { PORT: 'x' }).stderr).toBe(
    "chat-image-mock: PORT: 'x' is not allowed; give a whole number from 0 to 65535\n",
  )
  expect(run(['--api-key', 'sk-secret', '--api-key', '']).stderr).not.toContain('sk-secret')
})

test('no password of a store is printed, wherever it is written', () => {
  const url = 'redis://user:hunter2@localhost:6379'
  for (const args of [
    ['--store', `${url}/x`],
    ['--store', `${url}?other=1`],
    ['--stor', url],
    [`--stor=${url}`],
    [url],
    ['serve', url],
    ['--store', url, url],
  ]) {
    const { status, stderr } = run(args)
    expect([status, stderr.includes('hunter2'), stderr.trimEnd().split('\n').length], stderr).toEqual([1, false, 1])
  }
  expect(run([], { MOCK_STORE: `${url}/x` }).stderr).toMatch(/^chat-image-mock: MOCK_STORE: this value is not allowed/)
})

test('a variable that is one of ours but for a slip of the pen is told at the start; one that is somebody else’s is not', async () => {
  await using mock = await start([], {
    MOCK_ERORS: 'gateway',
    MOCK_HOST: '0.0.0.0',
    MOCK_PORT: 'tcp://10.0.0.1:4010',
    MOCK_SERVICE_HOST: '10.0.0.1',
    MOCK_PACE: 'instant',
  })
  mock.process.kill('SIGTERM')
  await mock.ended
  expect(mock.lines.map((line) => JSON.parse(line)).filter(({ level }) => level !== 'info')).toEqual([
    { time: expect.any(String), level: 'warn', msg: 'the variable MOCK_ERORS is no option; did you mean MOCK_ERRORS?' },
    { time: expect.any(String), level: 'warn', msg: 'the variable MOCK_HOST is no option; did you mean HOST?' },
  ])
})

test('a mock that others can reach tells at its start what it does not share with its replicas', async () => {
  const msg =
    'scripts, positions, journal and coverage are of this process alone; several replicas share them with --store'
  await using json = await start(['--host', '0.0.0.0'])
  await using pretty = await start(['--host', '0.0.0.0', '--log', 'pretty'])
  for (const mock of [json, pretty]) mock.process.kill('SIGTERM')
  expect(await Promise.all([json.ended, pretty.ended])).toEqual([0, 0])
  expect(JSON.parse(json.lines[0] ?? '')).toEqual({ time: expect.any(String), level: 'info', msg })
  expect(pretty.lines[0]).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${msg}$`))
})

test('a busy port is said in one line, with exit code 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(run(['--port', String(port)])).toEqual(
    expect.objectContaining({
      status: 1,
      stdout: '',
      stderr: `chat-image-mock: port ${port} is in use on 127.0.0.1; choose another port, or 0 for any free one\n`,
    }),
  )
  server.close()
})

test('flags go before variables', async () => {
  await using mock = await start(['--seed', 'a'], {
    MOCK_SEED: 'b',
    MOCK_API_KEY: 'one, two',
    MOCK_PUBLIC_URL: 'https://mock.example/',
  })
  const asked = async (key: string): Promise<Response> =>
    fetch(`${mock.url}/v1/chat/completions`, {
      ...body(false),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    })
  expect((await asked('three')).status).toBe(401)
  const one = await (await asked('two')).text()
  expect(one).toContain('](https://mock.example/cdn/')
  await using seeded = await start([], { MOCK_SEED: 'a' })
  expect(JSON.parse(one).id).toBe(
    ((await (await fetch(`${seeded.url}/v1/chat/completions`, body(false))).json()) as { id: string }).id,
  )
})

test('validate checks a contract as --spec would', () => {
  expect(run(['validate', join(root, 'openapi.yaml')])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('is valid; operations: 3'),
    stderr: '',
  })
  const faulty = run(['validate', join(root, 'package.json')])
  expect(faulty).toMatchObject({ status: 1, stdout: '' })
  expect(faulty.stderr).toMatch(/package\.json:1 openapi: undefined is not supported; write a 3\.0 or 3\.1 document/)
})

test('a second process draws the same picture, byte for byte', async () => {
  await using one = await start()
  await using two = await start()
  const said = await (await fetch(`${one.url}/v1/chat/completions`, body(false))).text()
  const link = /!\[.*?\]\((.*?)\)/.exec(said)?.[1] ?? ''
  const [first, second] = await Promise.all(
    [link, link.replace(one.url, two.url)].map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())),
  )
  expect(first?.length).toBeGreaterThan(10_000)
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
})

/** Ends a started command as a CI does, and gives its exit code. */
async function endOf(mock: Started): Promise<number | null> {
  mock.process.kill('SIGTERM')
  return mock.ended
}

const asking = (rest: object = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'mine', messages: [{ role: 'user', content: 'x' }], ...rest }),
})

test.skipIf(isWindows).each([
  ['json', /^\{\n {2}"operations": \{\n {4}"covered": 1/],
  ['md', /^# Contract coverage\n/],
  ['xml', /^<\?xml .*<testsuite/s],
])('--coverage writes what was exercised when it ends, as %s', async (ending, form) => {
  const file = join(mkdtempSync(join(tmpdir(), 'coverage-')), `coverage.${ending}`)
  await using mock = await start(['--coverage', file])
  await fetch(`${mock.url}/v1/chat/completions`, body(false))
  expect(await endOf(mock)).toBe(0)
  expect(readFileSync(file, 'utf8')).toMatch(form)
})

test.skipIf(isWindows)(
  '--fail-on-violation ends with code 1 when a request broke the contract, and says which; --contract report answered it',
  async () => {
    await using strict = await start(['--fail-on-violation', '--contract', 'report'])
    const response = await fetch(`${strict.url}/v1/chat/completions`, asking({ model: 'flux', stream: 'yes' }))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-mock-note')).toContain("violation: Invalid type for 'stream'")
    expect(await endOf(strict)).toBe(1)
    expect(strict.lines.join('\n')).toContain("type:stream (1): Invalid type for 'stream'")
    await using kept = await start(['--fail-on-violation'])
    await fetch(`${kept.url}/v1/chat/completions`, body(false))
    expect(await endOf(kept)).toBe(0)
  },
)

test('--watch reads a changed file anew; a faulty one is told, and the old one stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'))
  const write = (text: string): void => writeFileSync(join(folder, 'profiles.yaml'), text)
  write('mine: { style: lite }\n')
  await using mock = await start(['--watch', '--fixtures', folder])
  const said = async (): Promise<string> => {
    const { choices } = await (await fetch(`${mock.url}/v1/chat/completions`, asking())).json()
    return choices[0].message.content
  }
  expect(await said()).toMatch(/^> 🎨/)
  write('mine: { style: gallery }\n')
  await expect.poll(said, { timeout: 10_000 }).toMatch(/^\{"prompt"/)
  write('mine: { style: galery }\n')
  await expect
    .poll(() => mock.lines.join('\n'), { timeout: 10_000 })
    .toMatch(/profiles\.yaml:1 mine\.style: 'galery' is not allowed[\s\S]*the files of before are used on/)
  expect(await said()).toMatch(/^\{"prompt"/)
})

test('who reads the address and ends it at once gets its exit code and its coverage', async () => {
  for (let i = 0; i < 5; i++) {
    const file = join(mkdtempSync(join(tmpdir(), 'coverage-')), 'coverage.json')
    await using mock = await start(['--coverage', file])
    expect(await endOf(mock)).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8')).operations.covered).toBe(0)
  }
})

test('a coverage file that cannot be written is told at the start', () => {
  const { status, stderr } = run(['--port', '0', '--coverage', '/nowhere/at/all/coverage.json'])
  expect([status, stderr]).toEqual([
    1,
    "chat-image-mock: --coverage: '/nowhere/at/all' is no folder that can be written to\n",
  ])
})

test.skipIf(isWindows)('what broke the contract is told without control characters', async () => {
  await using mock = await start(['--fail-on-violation', '--log', 'pretty'])
  await fetch(`${mock.url}/v1/%1b%5b31mred%0anext`)
  expect(await endOf(mock)).toBe(1)
  const text = mock.lines.join('\n')
  expect(text).toContain('requests broke the contract:\n  value:path (1): Invalid URL (GET /v1/?[31mred?next)')
  expect(text).not.toContain('\u001b')
})
