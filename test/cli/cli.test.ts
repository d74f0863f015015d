import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS, commandOptions, readCommand } from '../../src/cli/command-line.ts'
import { GROUPS } from '../../src/mock/option-checks.ts'
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

const help = run(['--help']).stdout

test('--help lists every option with its flag, environment variable and default, in exactly one group', () => {
  const blocks = help.split('\n\n')
  for (const { flag } of commandOptions) {
    const groups = blocks.filter((block) => block.includes(`\n  --${flag.name} `))
    expect(groups.map((block) => block.split('\n')[0])).toEqual([flag.group])
    expect(groups[0]).toMatch(
      new RegExp(
        `^  --${`${flag.name} ${flag.value}`.trim()} [^]*?\\[${flag.env}, default: ${flag.defaultsTo}\\]$`,
        'm',
      ),
    )
  }
  expect(blocks.map((block) => block.split('\n')[0]).filter((head) => GROUPS.some((group) => group === head))).toEqual(
    GROUPS,
  )
})

test('--help has lines of at most 100 characters and ends with examples', () => {
  expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
  expect(help.slice(help.lastIndexOf('\n\n'))).toMatch(/^\n\nExamples\n {2}chat-image-mock\n/)
})

test('--help lists every command with its description', () => {
  for (const [name, { argument, help: text }] of Object.entries(COMMANDS))
    expect(help.replaceAll(/\s+/g, ' ')).toContain(` ${`${name} ${argument}`.trim()} ${text}`)
})

test('each example of --help has options that are valid', () => {
  const commands = [...help.matchAll(/^ {2}(?:\w+=\S+ )*chat-image-mock ?(.*)$/gm)].map(([, args = '']) =>
    args.split(' '),
  )
  expect(commands.length).toBeGreaterThan(5)
  for (const args of commands) expect(() => readCommand(args[0] === '' ? [] : args, {})).not.toThrow()
})

test('--version prints the version', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(run(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test.skipIf(isWindows)(
  'prints only its URL on stdout, and logs each request in one line of JSON on stderr',
  async () => {
    await using mock = await start()
    expect(mock.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const response = await fetch(`${mock.url}/v1/chat/completions`, body(false))
    await response.text()
    await fetch(`${mock.url}/nothing\u001b?secret=1`)
    mock.process.kill('SIGTERM')
    expect(await mock.ended).toBe(0)
    const known = {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: expect.any(String),
      duration: expect.any(Number),
    }
    expect(mock.lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: known.time,
        level: 'info',
        msg: 'ready',
        url: mock.url,
        baseURL: `${mock.url}/v1`,
        models: 13,
        scenarios: readdirSync(join(root, 'fixtures/scenarios')).length,
        controlAPI: `${mock.url}/__mock/openapi.json`,
        page: `${mock.url}/`,
        version: expect.stringMatching(/^\d/),
      },
      {
        ...known,
        level: 'info',
        msg: 'POST /v1/chat/completions 200',
        requestId: response.headers.get('x-request-id'),
        method: 'POST',
        path: '/v1/chat/completions',
        status: 200,
        model: 'gpt-4o-image',
        stream: false,
        size: '1024x1024',
        prompt: '画只猫',
      },
      {
        ...known,
        level: 'warn',
        msg: expect.stringMatching(/^GET \/nothing.* 404$/),
        method: 'GET',
        path: expect.stringContaining('/nothing'),
        status: 404,
        violations: 1,
        error: expect.stringContaining('Invalid URL'),
      },
      { time: known.time, level: 'info', msg: 'shutting down', grace: 2 },
      { time: known.time, level: 'info', msg: 'stopped' },
    ])
    expect(mock.lines.join('')).not.toContain('secret')
  },
)

test.skipIf(isWindows)(
  '--log pretty prints text without colours into a pipe, and --log silent prints nothing',
  async () => {
    await using pretty = await start(['--log', 'pretty'])
    await fetch(`${pretty.url}/v1/models`)
    await using silent = await start([], { MOCK_LOG: 'silent', MOCK_WAIT: '30' }) // the health check of a container has the variables of the container
    await fetch(`${silent.url}/v1/models`)
    for (const mock of [pretty, silent]) mock.process.kill('SIGINT')
    expect(await Promise.all([pretty.ended, silent.ended])).toEqual([0, 0])
    expect(pretty.lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
      expect.stringMatching(/^chat-image-mock \d[^ ]* is ready, with 13 models and \d+ scenarios$/),
      `         base URL:    ${pretty.url}/v1`,
      `         control API: ${pretty.url}/__mock/openapi.json`,
      `         page:        ${pretty.url}/`,
      expect.stringMatching(/^200 GET \/v1\/models [\d.]+ ms$/),
      'shutting down; waiting up to 2 s for open responses',
      'stopped',
    ])
    expect(silent.lines).toEqual([])
  },
)

test('--no-page, or its variable, switches the page off', async () => {
  await using mock = await start(['--no-page', '--log', 'pretty'])
  const response = await fetch(mock.url, { headers: { accept: 'text/html' } })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(mock.lines.join('\n')).not.toContain('page:')
  const pageOf = (args: string[], env: Record<string, string> = {}): unknown => readCommand(args, env).options.page
  expect([pageOf([]), pageOf(['--no-page']), pageOf([], { MOCK_NO_PAGE: 'true' })]).toEqual([undefined, false, false])
  expect(pageOf([], { MOCK_NO_PAGE: 'false' })).toBe(true)
  expect(() => readCommand([], { MOCK_NO_PAGE: 'yes' })).toThrow('MOCK_NO_PAGE')
})

test.each([
  [['--port', 'x'], "--port: 'x' is not valid. Use a whole number from 0 to 65535."],
  [['--port', '70000'], "--port: '70000' is not valid."],
  [['--pace', 'slow'], "--pace: 'slow' is not valid. Use instant, real or a factor from 0 to 1000."],
  [['--log', 'loud'], "--log: 'loud' is not valid. Use pretty, json or silent."],
  [['--log-level', 'trace'], "--log-level: 'trace' is not valid. Use error, warn, info or debug."],
  [
    ['--grace', '-1'],
    "--grace: the value is missing, or begins with '-': write --grace=VALUE. Use a number of seconds from 0 to 3600.",
  ],
  [['--port'], '--port: the value is missing. Use a whole number from 0 to 65535.'],
  [['--watch=yes'], '--watch takes no value.'],
  [['--no-page=yes'], '--no-page takes no value.'],
  [['--prot', '1'], 'unknown option --prot. Did you mean --port?'],
  [['--faultRate', '1'], 'unknown option --faultRate. Did you mean --fault-rate?'],
  [['--something-else'], 'unknown option --something-else. --help lists the options.'],
  [['serv'], "unknown command 'serv'. Did you mean serve?"],
  [['modles'], "unknown command 'modles'. Did you mean models?"],
  [['-x'], 'unknown option -x. --help lists the options.'],
  [['--version', 'x'], "unknown command 'x'. The commands are serve"],
  [['--fault', 'x', '--fault-rate', '1'], "--fault: there is no scenario 'x'. The command `chat-image-mock scenarios`"],
  [['--scenario', 'a\u001b[31m\nb\u202e'], "--scenario: there is no scenario 'a?[31m?b?'."],
  [['a\u001b\nb'], "unknown command 'a??b'."],
  [['list'], "unknown command 'list'. The commands are serve, models, scenarios, validate, ready."],
  [['--scenario', 'retry-504'], "--scenario: there is no scenario 'retry-504'. Did you mean retry-503?"],
  [['--fault', 'streamcut'], "--fault: there is no scenario 'streamcut'. Did you mean stream-cut?"],
  [['--scenario', 'zzz'], "--scenario: there is no scenario 'zzz'. The command `chat-image-mock scenarios` lists all."],
  [
    ['--fault-rate', '0.1'],
    '--fault-rate: there are no scenarios to choose from. Name them with --fault or MOCK_FAULT.',
  ],
  [
    ['--store', 'localhost:6379'],
    '--store: this value is not valid. Use the URL of a Redis or Valkey such as redis://localhost:6379/0?prefix=mine.',
  ],
  [['serve', 'openapi.yaml'], "serve takes no argument, got 'openapi.yaml'. Use --spec FILE for another contract."],
  [['serve', '--wait', '1'], '--wait works only with the command ready.'],
  [['--json'], '--json works only with the commands models and scenarios.'],
  [['models', 'a', 'b'], 'models takes one argument. Usage: chat-image-mock models [TEXT]'],
  [['--public-url', 'mock'], '--public-url: this value is not valid. Use a URL such as https://'],
  [['--public-url', 'ftp://mock'], '--public-url: this value is not valid. Use a URL such as https://'],
  [['--spec', '/nowhere.yaml'], '/nowhere.yaml: cannot be read'],
  [['--host', '192.0.2.1'], '192.0.2.1 is not an address of this machine'],
  [['validate'], 'validate: the file is missing. Usage: chat-image-mock validate FILE'],
])('reports a mistake in one line with exit code 1: %j', (args, message) => {
  const { status, stdout, stderr } = run(args)
  expect(stderr).toContain(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
})

test.each([
  ['PORT', 'x', "PORT: 'x' is not valid. Use a whole number from 0 to 65535."],
  ['MOCK_SCENARIO', 'retry-504', "MOCK_SCENARIO: there is no scenario 'retry-504'. Did you mean retry-503?"],
  ['MOCK_FAULT_RATE', '1', 'MOCK_FAULT_RATE: there are no scenarios to choose from.'],
])('names the environment variable of a wrong value: %s', (name, value, message) => {
  expect(run([], { [name]: value }).stderr).toContain(`chat-image-mock: ${message}`)
})

test('does not print API keys', () => {
  expect(run([], { PORT: 'x' }).stderr).toBe(
    "chat-image-mock: PORT: 'x' is not valid. Use a whole number from 0 to 65535.\n",
  )
  expect(run(['--api-key', 'sk-secret', '--api-key', '']).stderr).not.toContain('sk-secret')
})

test.each([
  [['--api-kye', 'sk-secret42']],
  [['--api-kye=sk-secret42']],
  [['sk-secret42']],
  [['models', 'sk-secret42']],
  [['--scenario', 'sk-secret42']],
  [['--scenario', 'hf_secret42secret42secret42']],
  [['serve', '--api-key', 'a', 'secret42']],
  [['--control-token', 'a', 'secret42']],
  [['models', 'https://me:secret42@host']],
  [['validate', 'https://me:secret42@host/x.yaml']],
  [['--spec', 'https://me:secret42@host/x.yaml']],
  [['--fixtures', 'https://me:secret42@host']],
  [['--host', 'me:secret42@host']],
  [['--coverage', 'https://me:secret42@host/x.json']],
])('does not print a credential in the wrong place: %j', (args) => {
  const { status, stderr } = run(args)
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.not.stringContaining('secret42') })
})

test('an error is never longer than 9,000 characters', () => {
  const long = 'a'.repeat(100_000)
  for (const args of [[long], [`--${long}`], ['models', long], ['--scenario', long]])
    expect(run(args).stderr.length).toBeLessThan(9000)
})

test('does not print the password of a store URL, wherever it is in the command line', () => {
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
  expect(run([], { MOCK_STORE: `${url}/x` }).stderr).toMatch(/^chat-image-mock: MOCK_STORE: this value is not valid/)
})

test('warns at the start of a misspelled environment variable, but not of those of other programs', async () => {
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
    {
      time: expect.any(String),
      level: 'warn',
      msg: 'unknown environment variable MOCK_ERORS. Did you mean MOCK_ERRORS?',
    },
    { time: expect.any(String), level: 'warn', msg: 'unknown environment variable MOCK_HOST. Did you mean HOST?' },
  ])
})

test('warns at the start that --fault has no effect without --fault-rate', async () => {
  await using mock = await start(['--fault', 'retry-503', '--log-level', 'warn'])
  mock.process.kill('SIGTERM')
  expect(await mock.ended).toBe(0)
  expect(mock.lines.map((line) => JSON.parse(line))).toEqual([
    {
      time: expect.any(String),
      level: 'warn',
      msg: '--fault has no effect without --fault-rate or MOCK_FAULT_RATE.',
    },
  ])
})

test('a mock that other machines can reach reports at the start what it does not share with its replicas', async () => {
  const msg =
    'scripts, positions, journal and coverage are kept in this process only. Replicas can share them with --store.'
  await using json = await start(['--host', '0.0.0.0'])
  await using pretty = await start(['--host', '0.0.0.0', '--log', 'pretty'])
  for (const mock of [json, pretty]) mock.process.kill('SIGTERM')
  expect(await Promise.all([json.ended, pretty.ended])).toEqual([0, 0])
  expect(JSON.parse(json.lines[0] ?? '')).toEqual({ time: expect.any(String), level: 'info', msg })
  expect(pretty.lines[0]).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${msg}$`))
})

test('reports a busy port in one line with exit code 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(run(['--port', String(port)])).toEqual(
    expect.objectContaining({
      status: 1,
      stdout: '',
      stderr: `chat-image-mock: port ${port} is in use on 127.0.0.1; use another port, or 0 for any free one\n`,
    }),
  )
  server.close()
})

test('a flag overrides its environment variable', async () => {
  await using mock = await start(['--seed', 'a'], {
    MOCK_SEED: 'b',
    MOCK_API_KEY: 'one, two',
    MOCK_PUBLIC_URL: 'https://mock.example/',
  })
  const askWith = async (key: string): Promise<Response> =>
    fetch(`${mock.url}/v1/chat/completions`, {
      ...body(false),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    })
  expect((await askWith('three')).status).toBe(401)
  const one = await (await askWith('two')).text()
  expect(one).toContain('](https://mock.example/cdn/')
  await using seeded = await start([], { MOCK_SEED: 'a' })
  expect(JSON.parse(one).id).toBe(
    ((await (await fetch(`${seeded.url}/v1/chat/completions`, body(false))).json()) as { id: string }).id,
  )
})

test('validate checks a contract as --spec does', () => {
  expect(run(['validate', join(root, 'openapi.yaml')])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('is valid; operations: 3'),
    stderr: '',
  })
  const invalid = run(['validate', join(root, 'package.json')])
  expect(invalid).toMatchObject({ status: 1, stdout: '' })
  expect(invalid.stderr).toBe(
    `${join(root, 'package.json')} is not an OpenAPI document: it has no key 'openapi'. Use an OpenAPI 3.0 or 3.1 file.\n`,
  )
})

test('validate prints a warning for each part that is ignored', () => {
  const folder = mkdtempSync(join(tmpdir(), 'validate-'))
  try {
    const file = join(folder, 'one.yaml')
    writeFileSync(
      file,
      'openapi: 3.1.0\ninfo: { title: One, version: "1" }\npaths: {}\ncomponents: { schemas: { A: { type: text } } }\n',
    )
    const { status, stdout, stderr } = run(['validate', file])
    expect([status, stdout]).toEqual([0, `${file} is valid; operations: 0; warnings: 1\n`])
    expect(stderr).toBe(
      `warning: ${file}:4 #/components/schemas/A/type: 'text' is not one of array, boolean, integer, null, number, object, string; the keyword is ignored\n`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a second process draws the same picture with the same bytes', async () => {
  await using one = await start()
  await using two = await start()
  const text = await (await fetch(`${one.url}/v1/chat/completions`, body(false))).text()
  const link = /!\[.*?\]\((.*?)\)/.exec(text)?.[1] ?? ''
  const [first, second] = await Promise.all(
    [link, link.replace(one.url, two.url)].map(async (url) => Buffer.from(await (await fetch(url)).arrayBuffer())),
  )
  expect(first?.length).toBeGreaterThan(10_000)
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
})

/** Ends a started command as a CI does, and returns its exit code. */
async function endOf(mock: Started): Promise<number | null> {
  mock.process.kill('SIGTERM')
  return mock.ended
}

const chat = (rest: object = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'mine', messages: [{ role: 'user', content: 'x' }], ...rest }),
})

test.skipIf(isWindows).each([
  ['json', /^\{\n {2}"operations": \{\n {4}"covered": 1/],
  ['md', /^# Contract coverage\n/],
  ['xml', /^<\?xml .*<testsuite/s],
])('--coverage writes the contract coverage at the end, as %s', async (ending, form) => {
  const file = join(mkdtempSync(join(tmpdir(), 'coverage-')), `coverage.${ending}`)
  await using mock = await start(['--coverage', file])
  await fetch(`${mock.url}/v1/chat/completions`, body(false))
  expect(await endOf(mock)).toBe(0)
  expect(readFileSync(file, 'utf8')).toMatch(form)
})

test.skipIf(isWindows)('--coverage can be repeated, and its variable takes a list', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
  const files = ['a.md', 'b.xml'].map((name) => join(folder, name))
  const expected = [expect.stringMatching(/^# Contract coverage\n/), expect.stringMatching(/^<\?xml /)]
  for (const [args, variable] of [
    [files.flatMap((file) => ['--coverage', file]), ''],
    [[], files.join(',')],
  ] as const) {
    await using mock = await start([...args], { MOCK_COVERAGE: variable })
    expect(await endOf(mock)).toBe(0)
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(expected)
    for (const file of files) rmSync(file)
  }
})

test.skipIf(isWindows)(
  '--coverage-min ends with exit code 1 and logs each section that is below its threshold',
  async () => {
    const args = ['--coverage-models', 'flux', '--coverage-min', 'operations=30,parameters=60']
    await using mock = await start([...args, '--coverage-min', 'models=100'])
    await fetch(`${mock.url}/v1/chat/completions`, body(false))
    expect(await endOf(mock)).toBe(1)
    const messages = mock.lines
      .map((line) => JSON.parse(line))
      .filter(({ level }) => level === 'error')
      .map(({ msg }) => msg)
    expect(messages).toEqual([
      expect.stringMatching(/^coverage of parameters is \d+ % \(\d+ of \d+\), below the threshold of 60 %$/),
      'coverage of models is 50 % (1 of 2), below the threshold of 100 %',
    ])
    await using enough = await start(['--coverage-min', 'operations=0'])
    expect(await endOf(enough)).toBe(0)
  },
)

test.each<[args: string[], message: string]>([
  [
    ['--coverage-min', 'operations=100', '--coverage-min', 'operation=100'],
    "--coverage-min: 'operation=100' is not valid. Use SECTION=PERCENT, with a percentage from 0 to 100. The sections are operations, models, parameters, contents, forms, statuses, scenarios.",
  ],
  [['--coverage-min', 'operations=101'], "--coverage-min: 'operations=101' is not valid. Use SECTION=PERCENT"],
  [['--coverage-min', 'codes=1'], "--coverage-min: 'codes=1' is not valid. Use SECTION=PERCENT"],
  [
    ['--coverage-min', 'scenarios=10'],
    '--coverage-min: scenarios needs names of scenarios. Add --coverage-scenarios NAME.',
  ],
  [['--port', '0', '--coverage-models', 'fluks'], "--coverage-models: there is no model 'fluks'. Did you mean flux?"],
  [
    ['--port', '0', '--coverage-scenarios', 'retry-5003'],
    "--coverage-scenarios: there is no scenario 'retry-5003'. Did you mean retry-503?",
  ],
])('rejects %j at the start', (args, message) => {
  const { status, stderr } = run(args)
  expect([status, stderr]).toEqual([1, expect.stringContaining(`chat-image-mock: ${message}`)])
})

test.skipIf(isWindows)(
  '--fail-on-violation ends with exit code 1 and lists the violations, also those that --contract report answered',
  async () => {
    await using strict = await start(['--fail-on-violation', '--contract', 'report'])
    const response = await fetch(`${strict.url}/v1/chat/completions`, chat({ model: 'flux', stream: 'yes' }))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-mock-note')).toContain("violation: Invalid type for 'stream'")
    expect(await endOf(strict)).toBe(1)
    expect(strict.lines.join('\n')).toContain("type:stream (1): Invalid type for 'stream'")
    await using kept = await start(['--fail-on-violation'])
    await fetch(`${kept.url}/v1/chat/completions`, body(false))
    expect(await endOf(kept)).toBe(0)
  },
)

test('--watch reloads a changed file; an invalid one is reported, and the last valid version stays in use', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'))
  const write = (text: string): void => writeFileSync(join(folder, 'profiles.yaml'), text)
  write('mine: { style: lite }\n')
  await using mock = await start(['--watch', '--fixtures', folder])
  const content = async (): Promise<string> => {
    const { choices } = await (await fetch(`${mock.url}/v1/chat/completions`, chat())).json()
    return choices[0].message.content
  }
  expect(await content()).toMatch(/^> 🎨/)
  write('mine: { style: gallery }\n')
  await expect.poll(content, { timeout: 10_000 }).toMatch(/^\{"prompt"/)
  write('mine: { style: galery }\n')
  await expect
    .poll(() => mock.lines.join('\n'), { timeout: 10_000 })
    .toMatch(/profiles\.yaml:1 mine\.style: 'galery' is not allowed[\s\S]*keeping the previous files/)
  expect(await content()).toMatch(/^\{"prompt"/)
})

test('a signal right after the URL is printed ends the mock with its exit code and its coverage', async () => {
  for (let i = 0; i < 5; i++) {
    const file = join(mkdtempSync(join(tmpdir(), 'coverage-')), 'coverage.json')
    await using mock = await start(['--coverage', file])
    expect(await endOf(mock)).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8')).operations.covered).toBe(0)
  }
})

test('reports at the start that the coverage file cannot be written', () => {
  const { status, stderr } = run(['--port', '0', '--coverage', '/nowhere/at/all/coverage.json'])
  expect([status, stderr]).toEqual([
    1,
    "chat-image-mock: --coverage: the folder '/nowhere/at/all' does not exist or is not writable.\n",
  ])
})

test.skipIf(isWindows)('lists violations without control characters', async () => {
  await using mock = await start(['--fail-on-violation', '--log', 'pretty'])
  await fetch(`${mock.url}/v1/%1b%5b31mred%0anext`)
  expect(await endOf(mock)).toBe(1)
  const text = mock.lines.join('\n')
  expect(text).toContain('requests violated the contract:\n  value:path (1): The contract has no operation with')
  expect(text).toContain(' 404 GET /v1/?[31mred?next')
  expect(text).not.toContain('\u001b')
})

test.skipIf(isWindows)('logs a paced stream when it begins and when it ends', async () => {
  await using mock = await start(['--pace', '0.01'])
  await (await fetch(`${mock.url}/v1/chat/completions`, body(true))).text()
  await (
    await fetch(`${mock.url}/v1/chat/completions`, {
      ...body(true),
      headers: { 'content-type': 'application/json', 'x-mock-pace': 'instant' },
    })
  ).text()
  expect(await endOf(mock)).toBe(0)
  const entry = { level: 'info', model: 'gpt-4o-image', stream: true, size: '1024x1024', prompt: '画只猫' }
  const lines = mock.lines.map((line) => JSON.parse(line)).filter(({ method }) => method === 'POST')
  expect(lines).toEqual([
    expect.objectContaining({ ...entry, msg: 'POST /v1/chat/completions started' }),
    expect.objectContaining({ ...entry, msg: 'POST /v1/chat/completions 200', status: 200 }),
    expect.objectContaining({ ...entry, msg: 'POST /v1/chat/completions 200', status: 200 }),
  ])
  expect(Object.keys(lines[0])).not.toContain('status')
  expect(lines[1].requestId).toBe(lines[0].requestId)
})

const ESC = '\u001b'
const PROGRAM = 'script' // runs a program on a pseudo-terminal
const pseudoTerminal = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' })

test.skipIf(isWindows || !/util-linux/.test(pseudoTerminal.stdout ?? ''))(
  'the log on a terminal has colours, unless NO_COLOR is set',
  () => {
    const onTerminal = (env: Record<string, string>): string =>
      spawnSync(PROGRAM, ['-qec', `timeout -s TERM 5 ${process.execPath} ${CLI} --port 0`, '/dev/null'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env },
        timeout: 15_000,
      }).stdout
    expect(onTerminal({})).toMatch(
      new RegExp(String.raw`${ESC}\[2m\d\d:\d\d:\d\d${ESC}\[22m chat-image-mock \S+ is ready`),
    )
    for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: '1', FORCE_COLOR: '1' }]) {
      const plain = onTerminal(env)
      expect(plain).toMatch(/\d\d:\d\d:\d\d chat-image-mock \S+ is ready/)
      expect(plain).not.toContain(ESC)
    }
  },
  40_000,
)

test('starts with a store that cannot be reached, also with names for the coverage, and is not ready', async () => {
  for (const args of [[], ['--coverage-scenarios', 'all']]) {
    await using mock = await start(args, { MOCK_STORE: 'redis://127.0.0.1:1' })
    expect((await fetch(`${mock.url}/__mock/readyz`)).status).toBe(503)
    expect(mock.lines.join('\n')).toContain('the store at redis://127.0.0.1:1 cannot be reached')
    expect(mock.process.exitCode).toBeNull()
  }
})
