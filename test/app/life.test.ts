import { expect, test } from 'vitest'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text as allOf } from 'node:stream/consumers'
import { createMock, startMock } from '../../src/index.ts'
import type { RequestLogEntry } from '../../src/app/settings.ts'
import { ask, mockWith, picturesIn, read, toChunks } from '../ask.ts'
import { appWith } from './unlistened.ts'

test('health returns version, contract and counts; livez and readyz return ok', async () => {
  await using mock = await mockWith()
  expect(await (await mock.fetch(`${mock.url}/__mock/health`)).json()).toEqual({
    status: 'ok',
    version: expect.stringMatching(/^\d/),
    contract: { title: 'openapi.yaml', version: '1.0.0', operations: 3, models: 13, basePath: '/v1' },
    scenarios: expect.any(Number),
    sessions: 0,
    exchanges: 0,
    store: { place: 'memory', reached: true, notShared: ['scripts', 'positions', 'journal', 'coverage'] },
  })
  await ask(mock)
  expect(await (await mock.fetch(`${mock.url}/__mock/health`)).json()).toMatchObject({ sessions: 1, exchanges: 1 })
  for (const probe of ['livez', 'readyz'])
    expect(await read(await mock.fetch(`${mock.url}/__mock/${probe}`))).toMatchObject({
      status: 200,
      json: { status: 'ok' },
    })
})

test('readyz is 503 until the mock is ready and while it shuts down; livez is 200', async () => {
  const { app } = await appWith({ isReady: () => false })
  expect(await app.request('/__mock/livez')).toMatchObject({ status: 200 })
  const readyz = await app.request('/__mock/readyz')
  expect([readyz.status, readyz.headers.get('retry-after')]).toEqual([503, '1'])
})

test('fetch of a closed mock rejects', async () => {
  const mock = await createMock()
  await mock.close()
  await expect(mock.fetch(`${mock.url}/__mock/livez`)).rejects.toThrow('the mock is closed')
})

test('errors in the user’s functions do not affect responses', async () => {
  const broken = {
    onExchange: () => {
      throw new Error('thrown by onExchange')
    },
    onFault: () => {
      throw new Error('thrown by onFault')
    },
  }
  await using inProcess = await createMock(broken)
  await using port = await startMock(broken)
  for (const mock of [inProcess, port]) expect(await ask(mock)).toMatchObject({ status: 200 })
})

test('a timer that fails closes the connection and is reported', async () => {
  const faults: unknown[] = []
  await using mock = await startMock({
    pace: 'real',
    timer: async () => {
      throw new Error('no time')
    },
    onFault: (fault) => faults.push(fault),
  })
  await expect(ask(mock)).rejects.toThrow('fetch failed')
  expect(faults).toEqual([expect.objectContaining({ message: 'no time' })])
})

test('a client that disconnects stops the responses to all its pipelined requests', async () => {
  let active = 0
  let stopped = 0
  let allStopped = (): void => {}
  const settled = new Promise<void>((resolve) => (allStopped = resolve))
  const timer = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    active++
    if (active === 5) socket.destroy()
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')))).catch(
      (error: unknown) => {
        if (++stopped === 5) allStopped()
        throw error
      },
    )
  }
  await using mock = await startMock({ pace: 'real', timer })
  const { hostname, port } = new URL(mock.url)
  const socket = connect({ host: hostname, port: Number(port) })
  const body = JSON.stringify({ model: 'nano-banana', messages: [{ role: 'user', content: 'x' }], stream: true })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`.repeat(5),
  )
  await settled
  expect([active, stopped]).toEqual([5, 5])
})

test('a body that fails while it is read is a 400', async () => {
  await using mock = await mockWith()
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error('torn')) })
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    duplex: 'half',
  }
  expect(await read(await mock.fetch(`${mock.baseURL}/chat/completions`, init))).toMatchObject({
    status: 400,
    json: { error: { message: 'The request body ended too early.' } },
  })
})

test('lists the models, and returns each by its name', async () => {
  await using mock = await mockWith()
  const { data } = (await (await mock.fetch(`${mock.baseURL}/models`)).json()) as { data: { id: string }[] }
  expect(data).toHaveLength(13)
  for (const { id } of [...data, { id: 'flux-dev' }, { id: 'flux-kontext-max' }])
    expect(await (await mock.fetch(`${mock.baseURL}/models/${id}`)).json()).toEqual({
      id,
      object: 'model',
      created: 1677652288,
      owned_by: 'chat-image-mock',
    })
  expect(await read(await mock.fetch(`${mock.baseURL}/models/gpt-9`))).toMatchObject({
    status: 404,
    json: { error: { code: 'model_not_found', param: 'model' } },
  })
})

test('chat requests do not load sharp, also with reference pictures; the first picture does', async () => {
  const { execFileSync } = await import('node:child_process')
  const script = `
    import { createMock } from './dist/index.js'
    import { createRequire, registerHooks } from 'node:module'
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => /node_modules.(sharp|@img)/.test(file)) || process.report.getReport().sharedObjects.some((file) => /sharp|vips/.test(file))
    const mock = await createMock()
    const ask = async (content) => (await (await mock.fetch(mock.baseURL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'gpt-4o-image', messages: [{ role: 'user', content }] }) })).json()).choices[0].message.content
    const png = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAoAAAAFoCAIAAABIUN0GAAAA'
    const content = await ask([{ type: 'text', text: 'x' }, { type: 'image_url', image_url: { url: png } }, { type: 'image_url', image_url: { url: 'https://a.example/1.png' } }])
    const before = isLoaded()
    await (await mock.fetch(/!\\[.*?\\]\\((.*?)\\)/.exec(content)[1])).arrayBuffer()
    process.stdout.write(JSON.stringify({ before, after: isLoaded() }))`.replace(', registerHooks', '')
  expect(
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })),
  ).toEqual({ before: false, after: true })
})

/** A timer that records the waits, and does not wait. */
function createTimer(): { waits: number[]; timer: (ms: number) => Promise<void> } {
  const waits: number[] = []
  return { waits, timer: async (ms) => void waits.push(ms) }
}

test('with a real pace, JSON waits as long as the whole stream', async () => {
  const { waits, timer } = createTimer()
  await using mock = await mockWith({ pace: 'real', timer })
  const streamed = await ask(mock, { body: { stream: true } })
  const sum = (): number => Math.round(waits.splice(0).reduce((total, ms) => total + ms, 0))
  expect(waits.length).toBeGreaterThan(40)
  const whole = sum()
  expect(whole).toBeGreaterThan(10_000)
  expect(whole).toBeLessThan(122_000)
  const response = await ask(mock)
  expect(response.content).toBe(streamed.content)
  expect(sum()).toBe(whole)
  await ask(mock, { headers: { 'x-mock-pace': '0.1' } })
  expect(Math.abs(sum() - whole / 10), 'a tenth, rounded').toBeLessThanOrEqual(1)
  await ask(mock, { headers: { 'x-mock-pace': 'instant' } })
  expect(waits).toEqual([])
  expect(await ask(mock, { headers: { 'x-mock-pace': 'slow' } })).toMatchObject({
    status: 400,
    json: { error: { param: 'x-mock-pace' } },
  })
})

test('on a port, a paced stream has the same bytes', async () => {
  const { waits, timer } = createTimer()
  await using mock = await startMock({ pace: 'real', timer })
  await using instant = await mockWith({ publicUrl: mock.url })
  const streamed = await ask(mock, { body: { stream: true } })
  expect(waits.length).toBeGreaterThan(40)
  expect(streamed.text).toBe((await ask(instant, { body: { stream: true } })).text)
})

test('a client that disconnects during a stream stops its waits', async () => {
  let stopped = (): void => {}
  const abandoned = new Promise<void>((resolve) => (stopped = resolve))
  let waited = 0
  const timer = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    if (waited++ === 0) return // the wait before the first byte
    await new Promise((_, reject) => signal?.addEventListener('abort', () => (stopped(), reject(new Error('stopped')))))
  }
  await using mock = await startMock({ pace: 'real', timer })
  const disconnect = new AbortController()
  const response = await fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    signal: disconnect.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] }),
  })
  await response.body?.getReader().read()
  disconnect.abort()
  await expect(abandoned).resolves.toBeUndefined()
})

test('in process, an aborted fetch rejects with AbortError during a wait', async () => {
  const timer = async (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  await using mock = await createMock({ pace: 'real', timer })
  const disconnect = new AbortController()
  const pending = mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    signal: disconnect.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-image', messages: [{ role: 'user', content: 'x' }] }),
  })
  disconnect.abort()
  await expect(pending).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
})

test('a stream that is open after the grace period ends after its last whole event, without [DONE]', async () => {
  let waited = 0
  const timer = async (_ms: number, signal?: AbortSignal): Promise<void> => {
    if (waited++ < 5) return
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('ended'))))
  }
  const mock = await startMock({ pace: 'real', timer })
  const response = await fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] }),
  })
  const closed = mock.close(0)
  const text = await response.text()
  await closed
  expect(text).not.toContain('[DONE]')
  expect(text.endsWith('}]}\n\n')).toBe(true)
  expect(toChunks(`${text}data: [DONE]\n\n`)).toHaveLength(5)
})

test('an idle connection does not delay a shutdown', async () => {
  const mock = await startMock()
  const { hostname, port } = new URL(mock.url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  await expect(mock.close(60)).resolves.toBeUndefined()
  await ended
})

test('a response that a slow client is still reading keeps the port open, and is read to its end', async () => {
  const [REQUESTS, SIZE] = [16, 900_000]
  const mock = await startMock()
  await mock.script({ then: { body: 'x'.repeat(SIZE) } }, { times: REQUESTS })
  const { hostname, port } = new URL(mock.url)
  const socket = connect({ host: hostname, port: Number(port) }).pause()
  const body = JSON.stringify({ model: 'nano-banana', messages: [{ role: 'user', content: 'x' }] })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`.repeat(
      REQUESTS,
    ),
  )
  await expect.poll(async () => mock.pending(), { timeout: 10_000 }).toEqual([])
  const closed = mock.close(60)
  for (let i = 0; i < 20; i++) expect((await fetch(`${mock.url}/__mock/readyz`)).status).toBe(503)
  const responses = (await allOf(socket)).match(new RegExp(`x{${SIZE}}`, 'g'))
  expect(responses).toHaveLength(REQUESTS)
  await closed
})

test('onExchange gets every request with its status, id and note', async () => {
  const exchanges: RequestLogEntry[] = []
  await using mock = await mockWith({ onExchange: (exchange) => exchanges.push(exchange) })
  const response = await ask(mock, { model: 'gpt-image-1', text: '2000x1000' })
  await ask(mock, { model: 'gpt-9' })
  expect(exchanges).toEqual([
    {
      method: 'POST',
      path: '/v1/chat/completions',
      status: 200,
      duration: expect.any(Number),
      requestId: response.headers.get('x-request-id'),
      session: undefined,
      model: 'gpt-image-1',
      stream: false,
      size: '1536x1024',
      prompt: '2000x1000',
      scenario: undefined,
      violations: 0,
      hungUp: false,
      note: '2000x1000 is not supported by this model: used 1536x1024',
      error: undefined,
    },
    {
      method: 'POST',
      path: '/v1/chat/completions',
      status: 404,
      duration: expect.any(Number),
      requestId: expect.any(String),
      session: undefined,
      model: 'gpt-9',
      stream: undefined,
      size: undefined,
      prompt: '画只猫',
      scenario: undefined,
      violations: 1,
      hungUp: false,
      note: undefined,
      error: expect.stringContaining("'gpt-9' does not exist"),
    },
  ])
  await ask(mock, {
    text: 'a fox',
    headers: { 'x-mock-scenario': 'limit-rate', 'x-mock-session': 'sk-0123456789abcdef' },
  })
  expect(exchanges.at(-1)).toMatchObject({
    status: 429,
    model: 'gpt-4o-image',
    scenario: 'limit-rate',
    session: '[redacted]',
    note: 'scenario limit-rate (x-mock-scenario)',
  })
})

test('two servers return identical bytes for a picture', async () => {
  await using one = await startMock()
  await using two = await startMock()
  const [url = ''] = picturesIn((await ask(one, { text: 'the same' })).content)
  const bytes = async (link: string): Promise<string> =>
    Buffer.from(await (await fetch(link)).arrayBuffer()).toString('base64')
  expect(await bytes(url.replace(one.url, two.url))).toBe(await bytes(url))
})

test.each([
  [{ pace: 'slow' }, "pace: 'slow' is not valid"],
  [{ pace: -1 }, 'pace:'],
  [{ clock: 'foo' }, "clock: 'foo' is not valid"],
  [{ publicUrl: 'mock.example' }, 'publicUrl:'],
  [{ publicUrl: 'ftp://mock.example' }, 'publicUrl:'],
  [{ publicUrl: 'https://me:secret@mock.example' }, 'without credentials'],
  [{ publicUrl: 'https://mock.example/a)b' }, 'publicUrl:'],
  [{ spec: '/nowhere/openapi.yaml' }, '/nowhere/openapi.yaml: cannot be read'],
])('an invalid option is named in the error: %o', async (options, message) => {
  await expect(createMock(options as object)).rejects.toThrow(message)
})

test.each<[options: object, message: string]>([
  [{ apiKey: 'k' }, 'apiKey: unknown option. Did you mean apiKeys? The options are publicUrl, apiKeys,'],
  [{ apiKeys: 'k' }, 'apiKeys: this value is not valid. Use a list of non-empty strings'],
  [{ faults: 'x' }, "faults: 'x' is not valid. Use a list of non-empty strings"],
  [{ errors: 'french' }, "errors: 'french' is not valid. Use 'openai', 'gateway' or 'gateway-2025'"],
  [{ contract: 'off' }, "contract: 'off' is not valid. Use 'enforce', 'report' or 'strict'"],
  [{ clock: 'slow' }, "clock: 'slow' is not valid. Use 'fixed' or 'real'"],
  [{ pace: 'fast' }, "pace: 'fast' is not valid. Use 'instant', 'real' or a factor"],
  [{ scenario: 'nothing-of-the-kind' }, "there is no scenario 'nothing-of-the-kind'"],
  [{ faultRate: 2 }, "faultRate: '2' is not valid. Use a number from 0 to 1"],
  [{ faultRate: 0.5 }, 'faultRate: there are no scenarios to choose from. Name them with faults.'],
  [{ journal: -1 }, "journal: '-1' is not valid. Use a whole number from 0 to 100000"],
])('rejects the option %j, and says what is allowed', async (options, message) => {
  await expect(createMock(options)).rejects.toThrow(message)
  await expect(startMock(options)).rejects.toThrow(message)
})
