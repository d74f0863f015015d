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

/** Starts a mock on a port and connects to it. Closing the connected mock also closes the other one. */
async function connected(options: MockOptions = {}): Promise<Mock> {
  const started = await startMock(options)
  const mock = await connectMock(
    started.url,
    options.controlToken === undefined ? {} : { controlToken: options.controlToken },
  )
  const close = async (grace?: number): Promise<void> => {
    await mock.close(grace)
    await started.close(grace)
  }
  return { ...mock, close, [Symbol.asyncDispose]: close }
}

const KINDS = [
  ['createMock', createMock],
  ['startMock', startMock],
  ['connectMock', connected],
] as const

const contentOf = async (mock: Pick<Mock, 'fetch' | 'baseURL'>, text: string): Promise<string> =>
  (await ask(mock, { text })).content

describe.each(KINDS)('%s', (_name, make) => {
  test('an OpenAI client works with the mock, and its fetch loads the pictures', async () => {
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

  test('fetch takes a URL with any host, a path, or a Request', async () => {
    await using mock = await make({ publicUrl: 'https://api.example.com' })
    const body = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })
    const request = new Request('https://api.example.com/v1/chat/completions?a=b', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mine': 'yes' },
      body,
    })
    const response = await mock.fetch(request)
    const [picture = ''] = picturesIn((await response.json()).choices[0].message.content)
    expect(picture).toMatch(/^https:\/\/api\.example\.com\/cdn\//)
    for (const input of [picture, new URL(picture), new URL(picture).pathname])
      expect((await mock.fetch(input, { method: 'HEAD' })).status).toBe(200)
    expect(await mock.exchanges()).toMatchObject([
      { request: { query: 'a=b', headers: { 'x-mine': 'yes' }, body: { model: 'flux' } } },
    ])
  })

  test('script, pending, exchanges, table, coverage, total and reset work together', async () => {
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
      await contentOf(mock, 'a'),
      await contentOf(mock, 'b'),
      (await ask(mock, { model: 'flux-pro' })).status,
    ]).toEqual([503, 503, 'one', 'one', 429])
    expect(await mock.pending()).toMatchObject([{ scenario: 'limit-rate', times: 1 }])
    const all = await mock.exchanges()
    expect(all.map(({ response }) => response.status)).toEqual([503, 503, 200, 200, 429])
    expect(await mock.exchanges({ status: 503, limit: 1 })).toEqual([all[1]])
    expect(await mock.exchanges({ stream: true })).toEqual([])
    expect(await mock.exchanges({ session: 'none' })).toEqual([])
    expect(await mock.table({ model: 'flux-*' })).toMatch(
      /limit-rate[^]+Requests received \(1\):\n.*\n.*flux-pro +429 [^\n]*$/,
    )
    expect(await mock.coverage()).toMatchObject({ operations: { covered: 1 }, models: { covered: 2 } })
    await mock.reset()
    expect([await mock.pending(), await mock.exchanges()]).toEqual([[], []])
    expect(await mock.coverage()).toMatchObject({ operations: { covered: 0 } })
    expect(await mock.total()).toMatchObject({ operations: { covered: 1 } })
  })

  test('sessions are isolated from each other', async () => {
    await using mock = await make()
    const [alice, bob] = [mock.session('alice'), mock.session()]
    await alice.script({ then: { say: 'for alice' } })
    expect([await contentOf(bob, 'b'), await contentOf(mock, 'nobody')].every((text) => text.includes('!['))).toBe(true)
    expect(await contentOf(alice, 'a')).toBe('for alice')
    const byKey = new OpenAI({ baseURL: alice.baseURL, apiKey: alice.apiKey, fetch: mock.fetch })
    await byKey.models.list()
    expect((await alice.exchanges()).map(({ request }) => request.path)).toEqual(['/v1/chat/completions', '/v1/models'])
    expect([(await bob.exchanges()).length, (await mock.exchanges()).length]).toEqual([1, 4])
    expect(bob.headers['x-mock-session']).toMatch(/^[\da-f-]{36}$/)
    await alice.reset()
    expect([(await alice.exchanges()).length, (await bob.exchanges()).length]).toEqual([0, 1])
  })

  test('an invalid script is rejected with the same message', async () => {
    await using mock = await make()
    await expect(mock.script('retry-530')).rejects.toThrow(/retry-530.*retry-503/)
    await expect(mock.script({ then: JSON.parse('{"error":"rate_limit"}') })).rejects.toThrow(
      /Invalid script: .*rate_limit/,
    )
    await expect(mock.script('retry-503', { time: 2 } as object)).rejects.toThrow(
      "script: unknown option 'time'. Use times or when.",
    )
    expect(() => mock.session('two words')).toThrow("session: 'two words' is not a valid name. Use 1 to 100 characters")
    expect(await mock.pending()).toEqual([])
  })

  test('fetch does not follow redirects, and rejects a URL that is not http(s)', async () => {
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
        'is not an http(s) URL. Use the global fetch for data: and blob: URLs.',
      )
  })

  test('an invalid filter is rejected with the same message', async () => {
    await using mock = await make()
    await ask(mock)
    const wrong: [object, string][] = [
      [
        { modle: 'flux' },
        "filter: unknown field 'modle'. Use session, model, status, operation, scenario, stream, path, since, before, q, limit.",
      ],
      [{ status: 'ok' }, "filter: 'ok' is not a valid status. Use a status such as 429, or a class such as '4xx'."],
      [{ limit: 0 }, "filter: '0' is not a valid limit. Use a whole number from 1 to 100000."],
      [{ stream: 'true' }, "filter: 'true' is not a valid stream. Use true or false."],
      [
        { model: ['flux'] },
        "filter: 'flux' is not a valid model. Use the name of a model, or a family such as 'name-*'.",
      ],
      [[], 'filter: it is not an object. Its fields are session, model'],
    ]
    for (const [filter, message] of wrong) {
      await expect(mock.exchanges(filter)).rejects.toThrow(message)
      await expect(mock.table(filter)).rejects.toThrow(message)
    }
    expect(await mock.exchanges({ status: '2XX', limit: 100_000 })).toHaveLength(1)
  })

  test('reading a body rejects with the reason of the abort after its signal has aborted', async () => {
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

  test('fetch rejects with an AbortError as soon as its signal aborts, in a wait and in a stream', async () => {
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

  test('a closed mock rejects requests and scripts, and its exchanges can still be read', async () => {
    const mock = await make()
    const session = mock.session()
    await ask(session)
    const exchanges = await session.exchanges()
    await Promise.all([mock.close(), mock.close()])
    const closed = 'the mock is closed'
    await expect(mock.fetch('/v1/models')).rejects.toThrow(closed)
    await expect(session.fetch('/v1/models')).rejects.toThrow(closed)
    await expect(session.script('retry-503')).rejects.toThrow(closed)
    await expect(mock.reset()).rejects.toThrow(closed)
    expect(() => mock.session()).toThrow(closed)
    if (make !== connected) expect(await session.exchanges()).toEqual(exchanges) // `connected` closed the server too
    for (const grace of [-1, 3601, Number.NaN, Infinity])
      await expect(mock.close(grace)).rejects.toThrow(`close: grace must be 0 to 3600 seconds, got ${grace}.`)
  })
})

test('closing a connected mock does not stop the server', async () => {
  await using server = await startMock()
  const mock = await connectMock(`${server.url}/`)
  await mock.close()
  await expect(mock.fetch('/v1/models')).rejects.toThrow('the mock is closed')
  expect((await server.fetch('/v1/models')).status).toBe(200)
  expect(await mock.exchanges()).toHaveLength(1)
})

test('connectMock finds the base URL of a custom contract', async () => {
  await using server = await startMock({
    spec: fileURLToPath(new URL('../openapi/own/contract.yaml', import.meta.url)),
  })
  await using mock = await connectMock(server.url)
  expect(mock.baseURL).toBe(server.baseURL)
})

test('connectMock requires the control token of the mock, and no message repeats a token', async () => {
  await using server = await startMock({ controlToken: 'open-sesame' })
  await using mock = await connectMock(server.url, { controlToken: 'open-sesame' })
  await mock.script('retry-503')
  expect(await mock.pending()).toHaveLength(1)
  await expect(connectMock(server.url)).rejects.toThrow(/^connectMock: .*x-mock-control-token/)
  await expect(connectMock(server.url, { controlToken: 'guessed' })).rejects.toThrow(/^connectMock: (?!.*guessed)/)
})

test('connectMock does not send the control token to another server after a redirect', async () => {
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
    'connectMock: the control API returned 307',
  )
  expect(seen).toEqual([])
})

test('connectMock finds a ready mock that responds slowly, even with a wait of 0', async () => {
  await using mock = await createMock()
  await using slow = await serve((request, response) => {
    void mock.fetch(request.url ?? '').then(async (answer) => {
      await new Promise((resolve) => setTimeout(resolve, 60)) // longer than the wait of 0
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

test('a mock behind a path of a proxy gets all requests below this path', async () => {
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

/** Starts a server that is not a mock. */
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

test('connectMock waits until the mock is ready: after a 502 of a proxy and a 503 of the mock', async () => {
  await using mock = await createMock()
  let requests = 0
  await using server = await serve((request, response) => {
    requests++
    if (requests < 3)
      response.writeHead(requests === 1 ? 502 : 503, requests === 1 ? {} : { 'x-mock-version': '0' }).end()
    else
      void mock
        .fetch(request.url ?? '')
        .then(async (answer) =>
          response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text()),
        )
  })
  await using waited = await connectMock(server.url)
  expect(requests).toBeGreaterThan(3)
  expect(waited.baseURL).toBe(`${server.url}/v1`)
})

test('connectMock rejects a server that is not ready in time, not a mock, or of another version', async () => {
  const free = await serve(() => {})
  await free[Symbol.asyncDispose]()
  await expect(connectMock(free.url, { wait: 0.1 })).rejects.toThrow(
    new RegExp(`^no mock is ready at ${free.url} after 0.1 s: connect ECONNREFUSED`),
  )
  await using silent = await serve(() => {})
  await expect(connectMock(silent.url, { wait: 0.1 })).rejects.toThrow(
    `no mock is ready at ${silent.url} after 0.1 s: no response`,
  )
  await using ending = await serve((_request, response) => response.writeHead(503, { 'x-mock-version': '0.1.0' }).end())
  await expect(connectMock(ending.url, { wait: 0.1 })).rejects.toThrow(`GET ${ending.url}/__mock/readyz returned 503`)
  await using stranger = await serve((_request, response) => response.writeHead(404).end('<h1>nginx</h1>'))
  await expect(connectMock(stranger.url)).rejects.toThrow(
    `GET ${stranger.url}/__mock/readyz returned 404, but not from chat-image-mock`,
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
      `GET ${odd.url}/__mock/health does not return the path of the base URL`,
    )
  }
  await using foreign = await serve((_request, response) =>
    response.writeHead(200, { 'x-mock-version': version }).end('{"status":"ok"}'),
  )
  await expect(connectMock(foreign.url)).rejects.toThrow('. Start the mock with --allow-host 127.0.0.1')
  await using newer = await serve((_request, response) =>
    response.writeHead(200, { 'x-mock-version': '99.1.0' }).end('{"contract":{"basePath":"/v1"}}'),
  )
  await expect(connectMock(newer.url)).rejects.toThrow(
    /has version 99\.1\.0, but this package has version \d+\.\d+\.\d+\. Use the same version/,
  )
  await using mock = await startMock()
  await expect(connectMock(mock.baseURL)).rejects.toThrow(
    `${mock.baseURL} is a path of a mock. Connect to ${mock.url} instead.`,
  )
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
    'connectMock: not a valid URL of a mock. Use a URL such as http://localhost:4010, without credentials, query and fragment.',
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
  [async () => createMock({ port: 4010 } as object), 'port: createMock does not open a port. Use startMock.'],
  [async () => createMock({ timer: 5 } as object), "timer: '5' is not valid. Use a function"],
  [async () => createMock({ seed: {} } as object), 'seed: this value is not valid. Use a string or a number'],
  [async () => createMock({ watch: 'yes' } as object), "watch: 'yes' is not valid. Use true or false"],
  [async () => createMock({ controlToken: 'sk secret' }), /^controlToken: this value is not valid/.source],
])('an invalid option is rejected with a message that says what is allowed: %#', async (make, message) => {
  await expect(make()).rejects.toThrow(message.startsWith('^') ? new RegExp(message) : message)
})

test.each(KINDS.slice(0, 2))(
  'closing a mock of %s waits until its streams have ended, and not longer',
  async (_name, make) => {
    let go = (): void => {}
    const held = new Promise<void>((resolve) => (go = resolve))
    const mock = await make({ pace: 'real', timer: async () => held })
    const body = JSON.stringify({ model: 'flux', stream: true, messages: [{ role: 'user', content: 'x' }] })
    const content = mock
      .fetch('/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      .then(async (response) => response.text())
    while ((await mock.exchanges()).length === 0) await new Promise((resolve) => setImmediate(resolve))
    const started = performance.now()
    const closed = mock.close(60)
    go()
    expect(await content).toMatch(/\[DONE\]\n\n$/)
    await closed
    expect(performance.now() - started).toBeLessThan(10_000)
  },
)

test('startMock rejects a port that is in use', async () => {
  await using mock = await startMock()
  const port = Number(new URL(mock.url).port)
  await expect(startMock({ port })).rejects.toThrow(
    `port ${port} is in use on 127.0.0.1; use another port, or 0 for any free one`,
  )
})

test('two hundred mocks leak neither handles nor memory', async () => {
  const program = fileURLToPath(new URL('leak.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program], { timeout: 20_000 })
  const { heap, handles } = JSON.parse(stdout)
  expect(handles).toEqual([])
  expect(heap).toHaveLength(4)
  expect((heap[3] - heap[0]) / 1_048_576, `MB of growth from mock 50 to mock 200: ${heap}`).toBeLessThan(1)
})
