import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Exchange, type Mock, startMock } from '../../src/index.ts'
import { SNIPPETS } from '../../src/page/snippets/snippets.ts'
import type { JsonObject } from '../../src/util/json-value.ts'
import { run } from '../recipes/recipe.ts'

const root = resolve(import.meta.dirname, '../..')
const venv = join(root, 'test/clients/python/.venv/bin')
const hasCurl = spawnSync('curl', ['--version']).status === 0
const hasPython = existsSync(join(venv, 'pytest'))
if (!hasCurl) console.warn('Skipped the snippets for curl: it is not installed.')
if (!hasPython) console.warn('Skipped the snippets in Python: run test/clients/python/install.sh.')

/** How a snippet is run: its file, and the command. */
const PROGRAMS = {
  curl: { file: 'request.sh', command: 'sh request.sh', isInstalled: hasCurl },
  'openai-js': { file: 'request.mjs', command: 'node request.mjs', isInstalled: true },
  'openai-python': { file: 'request.py', command: `${venv}/python request.py`, isInstalled: hasPython },
  vitest: {
    file: 'one.test.ts',
    command: 'node_modules/.bin/vitest run --maxWorkers=2 --no-isolate',
    isInstalled: true,
  },
  pytest: { file: 'test_one.py', command: `${venv}/pytest -q -p no:cacheprovider`, isInstalled: hasPython },
}

let mock: Mock
const folders: string[] = []
beforeAll(async () => {
  mock = await startMock()
})
afterAll(async () => {
  await mock?.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder with snippets and the packages that they need. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'snippet-'))
  folders.push(folder)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of ['vitest', 'openai']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  symlinkSync(root, join(modules, 'chat-image-mock'))
  symlinkSync(join(root, 'node_modules/vitest/vitest.mjs'), join(modules, '.bin/vitest'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

interface Sent {
  readonly path?: string
  readonly method?: string
  readonly body?: JsonObject | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request, and returns what the journal has of it. The client may be disconnected. */
async function send({ path = '/v1/chat/completions', method, body, headers }: Sent): Promise<Exchange> {
  const response = mock.fetch(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  await response.then(async (answer) => answer.text()).catch(() => undefined)
  return latest()
}

async function latest(): Promise<Exchange> {
  const [exchange] = (await mock.exchanges()).slice(-1)
  if (exchange === undefined) throw new Error('the journal is empty')
  return exchange
}

/** The part of an exchange that is the same if the request is sent again. */
function comparable({ request, response, chat, violations, scenario }: Exchange) {
  const { method, path, query, body } = request
  const { status, body: json, text } = response
  const content = text ?? JSON.stringify(json, (name, value: unknown) => (name === 'request_id' ? '' : value))
  return {
    method,
    path,
    query: decodeURIComponent(query),
    body,
    status,
    content: withoutIds(content),
    chat,
    violations,
    scenario: scenario?.name,
  }
}

// Messages of errors contain the id of their request.
function withoutIds(text: string | undefined): string | undefined {
  return text?.replaceAll(/\b\d{23}\w{8}\b/g, 'ID')
}

const PROMPTS = [
  `it's "quoted" and \`ticked\``,
  `'; touch hacked; '`,
  '$(touch hacked) ${HOME} `touch hacked` %s %n !! \\ \\\\ \\n',
  'line\nbreak\r\nand\ttab',
  '画一只猫，2:3 🦊 👨‍👩‍👧 שלום \u202Eabc',
  'nul \0 bell \u0007 escape \u001B[31m delete \u007F next \u0085 separators \u2028 \u2029 bom \uFEFF',
  '</script><img src=x onerror=alert(1)> <!-- ',
  '""" \'\'\' ${x} {y} f"{z}" #{ruby} ${{ a }} -- @file',
  'END\nEOF\n',
  '-d @/etc/passwd',
  ' ',
]

/** The exchanges whose snippets are run. */
const CASES: Readonly<Record<string, Sent>> = {
  'hostile prompts in one conversation': {
    body: { model: 'flux', messages: PROMPTS.map((content) => ({ role: 'user', content })) },
  },
  ...Object.fromEntries(
    PROMPTS.slice(0, 6).map((content, i) => [
      `hostile prompt ${i + 1} as a stream`,
      { body: { model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content }] } },
    ]),
  ),
  'hostile names of members': {
    body: {
      model: 'flux',
      messages: [{ role: 'user', content: 'a fox' }],
      "it's": true,
      __proto__x: null,
      'a-b': [1, 1.5, -1e21, false, [], {}],
      猫: { 'deep "x"': { constructor: '' } },
    },
  },
  'a long conversation in Chinese': {
    body: {
      model: 'flux',
      messages: Array.from({ length: 7 }, (_, i) => ({ role: 'user', content: `${i}: it's ${'画'.repeat(9000)}` })),
    },
  },
  'an edit of a picture by URL': {
    body: {
      model: 'nano-banana',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: "a fox's hat" },
            { type: 'image_url', image_url: { url: 'https://example.test/a.png?x=1&y=2' } },
          ],
        },
      ],
    },
  },
  'a named session and custom headers': {
    body: { model: 'dall-e-3', messages: [{ role: 'user', content: 'a fox' }], n: 2 },
    headers: { 'x-mock-session': "ali'ce", 'x-custom': `a "b" 'c' $d`, accept: 'application/json' },
  },
  'an unknown model': { body: { model: "no'pe", messages: [{ role: 'user', content: 'a fox' }] } },
  'a request that violates the contract': { body: { model: 'flux', messages: 'a fox', n: 'many', stream: 'yes' } },
  'a scenario in a header': {
    body: { model: 'flux', messages: [{ role: 'user', content: 'a fox' }] },
    headers: { 'x-mock-scenario': 'limit-rate' },
  },
  'a scenario in the prompt': {
    body: { model: 'flux', messages: [{ role: 'user', content: "/mock answer-two-pictures a fox's den" }] },
  },
  'a status in a header': {
    body: { model: 'flux', messages: [{ role: 'user', content: 'a fox' }] },
    headers: { prefer: 'code=418' },
  },
  'the list of models': { path: '/v1/models' },
  'one model': { path: '/v1/models/flux' },
  'a query and a path that is not known': { path: `/v1/mod%20els/it's%3F/%E7%8C%AB?a=b%20c&d[]=%27x%27&$(e)=` },
}

const REQUESTS = SNIPPETS.filter(({ id }) => !isTest(id) && PROGRAMS[id].isInstalled)
const TESTS = SNIPPETS.filter(({ id }) => isTest(id) && PROGRAMS[id].isInstalled)

function isTest(id: keyof typeof PROGRAMS): boolean {
  return id === 'vitest' || id === 'pytest'
}

describe.each(REQUESTS)('the snippet for $id', ({ id, write }) => {
  const { file, command } = PROGRAMS[id]

  test.for(Object.entries(CASES))('repeats %s', async ([, sent]) => {
    const original = await send(sent)
    const text = write({ root: mock.url, basePath: '/v1', exchange: original })
    const folder = folderWith({ [file]: text })
    const { code, output } = await run(command, folder)
    const again = await latest()
    expect(again.id, `${text}\n${output}`).not.toBe(original.id)
    expect(comparable(again), `${text}\n${output}`).toEqual(comparable(original))
    // The client of OpenAI throws an error for a status of an error.
    if (id === 'curl' || original.response.status < 400) expect(code, output).toBe(0)
    expect(existsSync(join(folder, 'hacked'))).toBe(false)
  })
})

/** Scenarios whose response takes minutes. */
const LONG = new Set(['slow-hang', 'slow-never', 'retry-stall'])

/** An exchange for each scenario, as JSON or as a stream, and for the steps of sequences. */
async function scriptedExchanges(): Promise<Exchange[]> {
  const { scenarios } = await (await mock.fetch('/__mock/scenarios')).json()
  const names: string[] = scenarios.map(({ name }: { name: string }) => name)
  expect(names.length).toBeGreaterThan(70)
  const entries: [entry: any, requests: number][] = [
    ...names.filter((name) => !LONG.has(name)).map((scenario): [any, number] => [{ scenario }, 1]),
    [{ scenario: 'retry-503' }, 2],
    [{ scenario: 'retry-503', times: 3 }, 3],
    [{ scenario: 'retry-reset', times: 2 }, 2],
    [{ scenario: { then: { say: "It's 'no' \\ \n" } } }, 1],
    [{ scenario: { then: { status: 418, body: { error: "it's" }, headers: { 'retry-after': '1' } } } }, 1],
  ]
  const exchanges: Exchange[] = []
  for (const [i, [entry, requests]] of entries.entries()) {
    const session = mock.session(`scripted-${i}`)
    await session.script(entry)
    const body = { model: 'flux', messages: [{ role: 'user', content: 'a fox' }], stream: i % 2 === 0 }
    for (let n = 0; n < requests; n++) await send({ body, headers: session.headers })
    exchanges.push(...(await session.exchanges()).slice(-1))
  }
  return exchanges
}

describe.each(TESTS)('the snippets for $id', ({ id, write }) => {
  const { file, command } = PROGRAMS[id]

  test('are tests that pass, each with the response of the original', async () => {
    const originals = await scriptedExchanges()
    for (const sent of Object.values(CASES)) originals.push(await send(sent))
    const texts = originals.map((exchange) => write({ root: mock.url, basePath: '/v1', exchange }))
    const folder = folderWith(Object.fromEntries(texts.map((text, i) => [file.replace('one', `no${i}`), text])))
    const before = new Set((await mock.exchanges({ limit: 1000 })).map((exchange) => exchange.id))
    const { code, output } = await run(command, folder)
    expect(output).toMatch(new RegExp(`\\b${originals.length} passed`))
    expect(code, output).toBe(0)
    const sent = (await mock.exchanges({ limit: 1000 })).filter((exchange) => !before.has(exchange.id))
    const keys = new Set(sent.map((exchange) => JSON.stringify(comparable(exchange))))
    for (const [i, original] of originals.entries())
      expect(keys, texts[i]).toContain(JSON.stringify(comparable(original)))
    expect(existsSync(join(folder, 'hacked'))).toBe(false)
  })

  test('fail if the response differs', async () => {
    const original = await send({ body: { model: 'flux', messages: [{ role: 'user', content: 'a fox' }] } })
    const changed = [
      { ...original, response: { ...original.response, status: 429 } },
      { ...original, response: { ...original.response, body: {} } },
      { ...original, violations: [{ code: 'type:n', param: 'n', message: '' }] },
      { ...original, response: { ...original.response, reset: true } },
    ]
    const texts = changed.map((exchange) => write({ root: mock.url, basePath: '/v1', exchange }))
    const folder = folderWith(Object.fromEntries(texts.map((text, i) => [file.replace('one', `no${i}`), text])))
    const { code, output } = await run(command, folder)
    expect(output).toMatch(/\b4 failed/)
    expect(code).toBe(1)
  })
})
