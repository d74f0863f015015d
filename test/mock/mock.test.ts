import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { version } from '#prepared'
import type { Mock, MockOptions } from '../../src/index.ts'
import { connectMock, createMock, startMock } from '../../src/index.ts'
import { ask, picturesIn } from '../ask.ts'

/** A mock elsewhere, as far as its user can tell: closing what is connected to it closes it too. */
async function connected(options: MockOptions = {}): Promise<Mock> {
  const elsewhere = await startMock(options)
  const mock = await connectMock(
    elsewhere.url,
    options.controlToken === undefined ? {} : { controlToken: options.controlToken },
  )
  const close = async (grace?: number): Promise<void> => {
    await mock.close(grace)
    await elsewhere.close(grace)
  }
  return { ...mock, close, [Symbol.asyncDispose]: close }
}

const KINDS = [
  ['createMock', createMock],
  ['startMock', startMock],
  ['connectMock', connected],
] as const

const says = async (mock: Pick<Mock, 'fetch' | 'baseURL'>, text: string): Promise<string> =>
  (await ask(mock, { text })).content

describe.each(KINDS)('%s gives a mock', (_name, make) => {
  test('that an OpenAI client speaks to, and whose pictures its fetch gets', async () => {
    await using mock = await make()
    expect(mock.baseURL).toBe(`${mock.url}/v1`)
    const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', fetch: mock.fetch })
    const { choices } = await client.chat.completions.create({
      model: 'flux',
      messages: [{ role: 'user', content: 'a fox' }],
    })
    const [picture = ''] = picturesIn(choices[0]?.message.content ?? '')
    const response = await mock.fetch(picture)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  })

  test('whose fetch answers for every host, a path alone, and a Request as it is', async () => {
    await using mock = await make({ publicUrl: 'https://api.example.com' })
    const body = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })
    const request = new Request('https://api.example.com/v1/chat/completions?a=b', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mine': 'yes' },
      body,
    })
    const asked = await mock.fetch(request)
    const [picture = ''] = picturesIn((await asked.json()).choices[0].message.content)
    expect(picture).toMatch(/^https:\/\/api\.example\.com\/cdn\//)
    for (const input of [picture, new URL(picture), new URL(picture).pathname])
      expect((await mock.fetch(input, { method: 'HEAD' })).status).toBe(200)
    expect(await mock.exchanges()).toMatchObject([
      { request: { query: 'a=b', headers: { 'x-mine': 'yes' }, body: { model: 'flux' } } },
    ])
  })

  test('which is scripted, asked and reset, and tells what is pending and what was asked', async () => {
    await using mock = await make()
    await mock.script('retry-503')
    await mock.script([{ scenario: { then: { say: 'one' } } }, { scenario: 'limit-rate', when: { model: 'flux-*' } }], {
      times: 2,
    })
    expect(await mock.pending()).toEqual([
      { scenario: 'retry-503', times: 2 },
      { scenario: { then: { say: 'one' } }, times: 2 },
      { scenario: 'limit-rate', when: { model: 'flux-*' }, times: 2 },
    ])
    expect([
      (await ask(mock)).status,
      (await ask(mock)).status,
      await says(mock, 'a'),
      await says(mock, 'b'),
      (await ask(mock, { model: 'flux-pro' })).status,
    ]).toEqual([503, 503, 'one', 'one', 429])
    expect(await mock.pending()).toMatchObject([{ scenario: 'limit-rate', times: 1 }])
    const all = await mock.exchanges()
    expect(all.map(({ response }) => response.status)).toEqual([503, 503, 200, 200, 429])
    expect(await mock.exchanges({ status: 503, limit: 1 })).toEqual([all[1]])
    expect(await mock.exchanges({ stream: true })).toEqual([])
    expect(await mock.exchanges({ session: 'none' })).toEqual([])
    expect(await mock.table({ model: 'flux-*' })).toMatch(
      /limit-rate[^]+Requests received instead \(1\):\n.*\n.*flux-pro +429 [^\n]*$/,
    )
    expect(await mock.coverage()).toMatchObject({ operations: { covered: 1 }, models: { covered: 2 } })
    await mock.reset()
    expect([await mock.pending(), await mock.exchanges()]).toEqual([[], []])
    expect(await mock.coverage()).toMatchObject({ operations: { covered: 0 } })
    expect(await mock.total()).toMatchObject({ operations: { covered: 1 } })
  })

  test('whose sessions never see each other', async () => {
    await using mock = await make()
    const [alice, bob] = [mock.session('alice'), mock.session()]
    await alice.script({ then: { say: 'for alice' } })
    expect([await says(bob, 'b'), await says(mock, 'nobody')].every((text) => text.includes('!['))).toBe(true)
    expect(await says(alice, 'a')).toBe('for alice')
    const byKey = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey, fetch: mock.fetch })
    await byKey.models.list()
    expect((await alice.exchanges()).map(({ request }) => request.path)).toEqual(['/v1/chat/completions', '/v1/models'])
    expect([(await bob.exchanges()).length, (await mock.exchanges()).length]).toEqual([1, 4])
    expect(bob.headers['x-mock-session']).toMatch(/^[\da-f-]{36}$/)
    await alice.reset()
    expect([(await alice.exchanges()).length, (await bob.exchanges()).length]).toEqual([0, 1])
  })

  test('that says what of a script is wrong, in the same words', async () => {
    await using mock = await make()
    await expect(mock.script('retry-530')).rejects.toThrow(/retry-530.*retry-503/)
    await expect(mock.script({ then: JSON.parse('{"error":"rate_limit"}') })).rejects.toThrow(
      /Invalid script: .*rate_limit/,
    )
    await expect(mock.script('retry-503', { time: 2 } as object)).rejects.toThrow(
      "script: 'time' is not known beside an entry; there are times and when",
    )
    expect(() => mock.session('two words')).toThrow("session: 'two words' is no name; use 1 to 100 characters")
    expect(await mock.pending()).toEqual([])
  })

  test('whose fetch leaves it for nobody: no redirect is followed, and what is no http(s) URL is refused', async () => {
    await using other = await serve((_request, response) => response.end('elsewhere'))
    await using mock = await make()
    const session = mock.session()
    await session.script({ then: { status: 307, headers: { location: other.url }, body: 'gone' } })
    const response = await session.fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }] }),
    })
    expect([response.status, response.headers.get('location'), response.redirected]).toEqual([307, other.url, false])
    for (const url of ['data:.evil.invalid/x', 'data:image/png;base64,AAAA', 'file:///etc/passwd'])
      await expect(mock.fetch(url)).rejects.toThrow(
        'is no http(s) URL; data: and blob: URLs are read by the global fetch',
      )
  })

  test('whose filters are checked in the same words', async () => {
    await using mock = await make()
    await ask(mock)
    const wrong: [object, string][] = [
      [
        { modle: 'flux' },
        "filter: 'modle' is not known; there are session, model, status, operation, scenario, stream, path, since, limit",
      ],
      [{ status: 'ok' }, "filter: 'ok' is no status; use 429, or '4xx'"],
      [{ limit: 0 }, "filter: '0' is no limit; use a whole number from 1 to 100000"],
      [{ stream: 'true' }, "filter: 'true' is no stream; use true or false"],
      [{ model: ['flux'] }, "filter: 'flux' is no model; use a name, or a family as 'name-*'"],
      [[], 'filter: write it as an object'],
    ]
    for (const [filter, message] of wrong) {
      await expect(mock.exchanges(filter)).rejects.toThrow(message)
      await expect(mock.table(filter)).rejects.toThrow(message)
    }
    expect(await mock.exchanges({ status: '2XX', limit: 100_000 })).toHaveLength(1)
  })

  test('whose body is no more to be read once its signal has aborted, with the reason that was given', async () => {
    await using mock = await make()
    for (const stream of [true, false]) {
      const hangUp = new AbortController()
      const body = JSON.stringify({ model: 'flux', stream, messages: [{ role: 'user', content: 'x' }] })
      const headers = {
        'content-type': 'application/json',
        'x-mock-scenario': stream ? 'slow-hang' : 'slow-start',
        'x-mock-pace': 'instant',
      }
      const response = stream
        ? await mock.fetch('/v1/chat/completions', { method: 'POST', headers, body, signal: hangUp.signal })
        : undefined
      const asked =
        response?.text() ?? mock.fetch('/v1/chat/completions', { method: 'POST', headers, body, signal: hangUp.signal })
      hangUp.abort(new Error('why'))
      await expect(asked).rejects.toThrow('why')
    }
  })

  test('whose fetch rejects with an AbortError as soon as its signal aborts, in a wait and in a stream', async () => {
    await using mock = await make({ pace: 1000 })
    const hangUp = new AbortController()
    const client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any', fetch: mock.fetch, maxRetries: 0 })
    const asked = client.chat.completions.create(
      { model: 'flux', messages: [{ role: 'user', content: 'x' }] },
      { signal: hangUp.signal },
    )
    const response = await mock
      .fetch('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-mock-scenario': 'slow-hang', 'x-mock-pace': 'instant' },
        body: JSON.stringify({ model: 'flux', stream: true, messages: [{ role: 'user', content: 'x' }] }),
        signal: hangUp.signal,
      })
      .catch((error: unknown) => error)
    hangUp.abort()
    await expect(asked).rejects.toThrow('Request was aborted.')
    await expect(response instanceof Response ? response.text() : Promise.reject(response)).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  })

  test('which, once closed, answers nothing and takes no script, while what was asked can be read', async () => {
    const mock = await make()
    const session = mock.session()
    await ask(session)
    const told = await session.exchanges()
    await Promise.all([mock.close(), mock.close()])
    const closed = 'the mock is closed'
    await expect(mock.fetch('/v1/models')).rejects.toThrow(closed)
    await expect(session.fetch('/v1/models')).rejects.toThrow(closed)
    await expect(session.script('retry-503')).rejects.toThrow(closed)
    await expect(mock.reset()).rejects.toThrow(closed)
    expect(() => mock.session()).toThrow(closed)
    if (make !== connected) expect(await session.exchanges()).toEqual(told) // else the one behind it is gone as well
    for (const grace of [-1, 3601, Number.NaN, Infinity])
      await expect(mock.close(grace)).rejects.toThrow(
        `close: '${grace}' is none; use a number of seconds from 0 to 3600`,
      )
  })
})

test('a mock elsewhere goes on when nobody is connected to it any more', async () => {
  await using elsewhere = await startMock()
  const mock = await connectMock(`${elsewhere.url}/`)
  await mock.close()
  await expect(mock.fetch('/v1/models')).rejects.toThrow('the mock is closed')
  expect((await elsewhere.fetch('/v1/models')).status).toBe(200)
  expect(await mock.exchanges()).toHaveLength(1)
})

test('a contract of one’s own has its own base URL, elsewhere too', async () => {
  await using elsewhere = await startMock({
    spec: fileURLToPath(new URL('../openapi/own/contract.yaml', import.meta.url)),
  })
  await using mock = await connectMock(elsewhere.url)
  expect(mock.baseURL).toBe(elsewhere.baseURL)
})

test('the control token is asked for where the mock has one, and is said by nobody', async () => {
  await using elsewhere = await startMock({ controlToken: 'open-sesame' })
  await using mock = await connectMock(elsewhere.url, { controlToken: 'open-sesame' })
  await mock.script('retry-503')
  expect(await mock.pending()).toHaveLength(1)
  await expect(connectMock(elsewhere.url)).rejects.toThrow(/^connectMock: .*x-mock-control-token/)
  await expect(connectMock(elsewhere.url, { controlToken: 'guessed' })).rejects.toThrow(/^connectMock: (?!.*guessed)/)
})

test('a control token goes to nobody else', async () => {
  const seen: unknown[] = []
  await using other = await serve((request, response) => {
    seen.push(request.headers['x-mock-control-token'])
    response.end()
  })
  await using mock = await createMock()
  await using proxy = await serve((request, response) => {
    if (request.url?.startsWith('/__mock/script') === true)
      response.writeHead(307, { location: `${other.url}/stolen` }).end()
    else
      void mock
        .fetch(request.url ?? '')
        .then(async (answer) =>
          response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text()),
        )
  })
  await expect(connectMock(proxy.url, { controlToken: 'open-sesame' })).rejects.toThrow(
    'connectMock: the control API answered 307',
  )
  expect(seen).toEqual([])
})

test('however short it may wait, it asks: a mock that is ready is found at once, and one that is slow to answer', async () => {
  await using mock = await createMock()
  await using slow = await serve((request, response) => {
    void mock.fetch(request.url ?? '').then(async (answer) => {
      await new Promise((resolve) => setTimeout(resolve, 60)) // longer than what is left when there is no time to wait
      return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    })
  })
  for (const wait of [0, 0.3, 1, 4.9]) {
    const started = performance.now()
    await using found = await connectMock(slow.url, { wait })
    expect(found.baseURL).toBe(`${slow.url}/v1`)
    expect(performance.now() - started, `with ${wait} s`).toBeLessThan(wait * 1000 + 900)
  }
})

test('a mock behind a path is asked below it, however its URL is written', async () => {
  await using mock = await createMock()
  const paths: string[] = []
  await using proxy = await serve((request, response) => {
    paths.push(request.url ?? '')
    void mock
      .fetch((request.url ?? '').replace('/team/mock', ''))
      .then(async (answer) =>
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text()),
      )
  })
  await using behind = await connectMock(`${proxy.url}/team/mock//`)
  paths.length = 0
  const { url } = behind
  for (const input of [
    'v1/models',
    '/v1/models',
    `${url}/v1/models`,
    url.replace('http:', 'HTTP:') + '/v1/models',
    'https://api.example.com/v1/models',
    `${url}/../../v1/models`,
  ]) {
    expect((await behind.fetch(input)).status, input).toBe(200)
  }
  expect(new Set(paths)).toEqual(new Set(['/team/mock/v1/models']))
})

/** A server that is no mock, or not yet one. */
async function serve(answer: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('it waits until the mock is ready: refused, then a proxy’s 502, then its own 503, then 200', async () => {
  await using mock = await createMock()
  let asked = 0
  await using server = await serve((request, response) => {
    asked++
    if (asked < 3) response.writeHead(asked === 1 ? 502 : 503, asked === 1 ? {} : { 'x-mock-version': '0' }).end()
    else
      void mock
        .fetch(request.url ?? '')
        .then(async (answer) =>
          response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text()),
        )
  })
  await using waited = await connectMock(server.url)
  expect(asked).toBeGreaterThan(3)
  expect(waited.baseURL).toBe(`${server.url}/v1`)
})

test('what is not ready in time, is no mock, or is one of another version, is one clear error', async () => {
  const free = await serve(() => {})
  await free[Symbol.asyncDispose]()
  await expect(connectMock(free.url, { wait: 0.1 })).rejects.toThrow(
    new RegExp(`^there is no mock ready at ${free.url} after 0.1 s: connect ECONNREFUSED`),
  )
  await using silent = await serve(() => {})
  await expect(connectMock(silent.url, { wait: 0.1 })).rejects.toThrow(
    `there is no mock ready at ${silent.url} after 0.1 s: no answer`,
  )
  await using ending = await serve((_request, response) => response.writeHead(503, { 'x-mock-version': '0.1.0' }).end())
  await expect(connectMock(ending.url, { wait: 0.1 })).rejects.toThrow(
    `GET ${ending.url}/__mock/readyz is answered with 503`,
  )
  await using stranger = await serve((_request, response) => response.writeHead(404).end('<h1>nginx</h1>'))
  await expect(connectMock(stranger.url)).rejects.toThrow(
    `GET ${stranger.url}/__mock/readyz is answered with 404, and not by chat-image-mock`,
  )
  for (const health of [
    '<html>',
    'null',
    '{"contract":{"basePath":{}}}',
    '{"contract":{"basePath":"@evil.example"}}',
  ]) {
    await using odd = await serve((_request, response) =>
      response.writeHead(200, { 'x-mock-version': version }).end(health),
    )
    await expect(connectMock(odd.url)).rejects.toThrow(
      `GET ${odd.url}/__mock/health does not say what clients take as their base URL`,
    )
  }
  await using newer = await serve((_request, response) =>
    response.writeHead(200, { 'x-mock-version': '99.1.0' }).end('{"contract":{"basePath":"/v1"}}'),
  )
  await expect(connectMock(newer.url)).rejects.toThrow(
    /is version 99\.1\.0, this package is \d+\.\d+\.\d+: .* use the same version of both/,
  )
  await using mock = await startMock()
  await expect(connectMock(mock.baseURL)).rejects.toThrow(`${mock.baseURL} is a path of a mock; connect to ${mock.url}`)
})

test.each<[make: () => Promise<Mock>, message: string]>([
  ...[
    'localhost:4010',
    'http://me:secret@localhost:4010',
    'http://:secret@localhost:4010',
    'http:me:sec/ret@localhost:4010',
    'http://localhost:4010?token=secret',
    'http://localhost:4010/#',
    'file:///tmp',
  ].map((url): [make: () => Promise<Mock>, message: string] => [
    async () => connectMock(url),
    'connectMock: this is no URL of a mock; write it as http://localhost:4010, without credentials, query and fragment',
  ]),
  [async () => createMock(null as never), 'the options are not an object. The options are publicUrl, '],
  [async () => startMock('http://x' as never), 'the options are not an object. The options are publicUrl, '],
  [
    async () => startMock({ prot: 1 } as object),
    /^prot: unknown option\. Did you mean port\? The options are publicUrl, .*, port, host\.$/.source,
  ],
  [
    async () => createMock({ scenario: 'retry503' }),
    "scenario: there is no scenario 'retry503'. Did you mean retry-503?",
  ],
  [
    async () => connectMock('http://localhost:4010', { wait: -1 }),
    "wait: '-1' is not valid. Use a number of seconds from 0 to 3600",
  ],
  [
    async () => connectMock('http://localhost:4010', { controlToken: 'with space' }),
    'controlToken: this value is not valid. Use 1 to 200 characters',
  ],
  [
    async () => connectMock('http://localhost:4010', { token: 'x' } as object),
    'token: unknown option. The options are wait, controlToken.',
  ],
  [async () => startMock({ port: 70_000 }), "port: '70000' is not valid. Use a whole number from 0 to 65535"],
  [async () => startMock({ port: '80' as unknown as number }), "port: '80' is not valid. Use a whole number"],
  [
    async () => startMock({ host: 'no.such.host.invalid' }),
    'no.such.host.invalid is not an address of this machine; use another host',
  ],
  [async () => createMock({ port: 4010 } as object), 'port: createMock opens no port; use startMock'],
  [async () => createMock({ timer: 5 } as object), "timer: '5' is not valid. Use a function"],
  [async () => createMock({ seed: {} } as object), 'seed: this value is not valid. Use a string or a number'],
  [async () => createMock({ watch: 'yes' } as object), "watch: 'yes' is not valid. Use true or false"],
  [async () => createMock({ controlToken: 'sk secret' }), /^controlToken: this value is not valid/.source],
])('a wrong option fails at the call, and says what is allowed: %#', async (make, message) => {
  await expect(make()).rejects.toThrow(message.startsWith('^') ? new RegExp(message) : message)
})

test.each(KINDS.slice(0, 2))(
  'closing a mock of %s waits for its streams as long as it takes, and no longer',
  async (_name, make) => {
    let go = (): void => {}
    const held = new Promise<void>((resolve) => (go = resolve))
    const mock = await make({ pace: 'real', timer: async () => held })
    const body = JSON.stringify({ model: 'flux', stream: true, messages: [{ role: 'user', content: 'x' }] })
    const asked = mock
      .fetch('/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      .then(async (response) => response.text())
    while ((await mock.exchanges()).length === 0) await new Promise((resolve) => setImmediate(resolve))
    const started = performance.now()
    const closed = mock.close(60)
    go()
    expect(await asked).toMatch(/\[DONE\]\n\n$/)
    await closed
    expect(performance.now() - started).toBeLessThan(10_000)
  },
)

test('a port that is taken is said at the call', async () => {
  await using mock = await startMock()
  const port = Number(new URL(mock.url).port)
  await expect(startMock({ port })).rejects.toThrow(
    `port ${port} is in use on 127.0.0.1; use another port, or 0 for any free one`,
  )
})

test('two hundred mocks leave nothing behind: no handle, and no memory', async () => {
  const program = fileURLToPath(new URL('leak.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program], { timeout: 20_000 })
  const { heap, handles } = JSON.parse(stdout)
  expect(handles).toEqual([])
  expect(heap).toHaveLength(4)
  expect((heap[3] - heap[0]) / 1_048_576, `MB between the 50th and the 200th: ${heap}`).toBeLessThan(1)
})
