import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Mock, Timer } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { ask } from '../ask.ts'
import { post } from '../wire.ts'

const TIMES = 1000
const AT_ONCE = 50
const BODY = JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: '画只猫' }] })

/** A timer that lets the head and a few events through at once, and then waits until it is stopped; `waiting` counts who waits. */
function createTimer(): { timer: Timer; waiting: () => number } {
  let waiting = 0
  const passed = new WeakMap<AbortSignal, number>()
  const timer: Timer = async (_ms, signal) => {
    if (signal === undefined) return
    const before = passed.get(signal) ?? 0
    passed.set(signal, before + 1)
    if (before < 3) return
    waiting++
    try {
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
      )
    } finally {
      waiting--
    }
  }
  return { timer, waiting: () => waiting }
}

/** Asks for a stream over a socket of its own, and hangs up as soon as it has read the first event: politely, or with a reset. */
async function hangUp({ url }: Mock, i: number): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => {})
  socket.write(post(BODY))
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.includes('data: ')) break
  }
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  if (i % 2 === 0) socket.destroy()
  else socket.resetAndDestroy()
  if (!socket.closed) await once(socket, 'close')
}

/** What a process holds: what keeps it awake by kind, open descriptors, listeners of the process. */
function held(): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return {
    ...kinds,
    listeners,
    ...(existsSync('/proc/self/fd') ? { descriptors: readdirSync('/proc/self/fd').length } : {}),
  }
}

/** Turns of the event loop until something is so; there is no other sign of it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; !(await isSo()); turns++) {
    if (turns > 100_000) throw new Error('it never was so')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Does something many times, some at once. */
async function repeat(times: number, act: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < times) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

test('a thousand clients that hang up in mid-stream leave nothing behind, and the journal knows of each', async () => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', onWarning)
  const faults: unknown[] = []
  const { timer, waiting } = createTimer()
  await using mock = await startMock({
    pace: 'real',
    timer,
    journal: 2 * TIMES,
    onFault: (error) => faults.push(error),
  })
  const ended = async (): Promise<boolean> =>
    waiting() === 0 && (await mock.exchanges()).every(({ hungUp }) => hungUp !== undefined)
  await repeat(AT_ONCE, async (i) => hangUp(mock, i)) // what is made once, is made
  await until(ended)
  await mock.reset()
  const before = held()
  await repeat(TIMES, async (i) => hangUp(mock, i))
  await until(() => waiting() === 0)
  await until(ended)
  const kinds = (): string[] => [...new Set([...Object.keys(before), ...Object.keys(held())])]
  const grown = (): string[] => kinds().filter((kind) => (held()[kind] ?? 0) - (before[kind] ?? 0) > 2)
  await until(() => grown().length === 0).catch(() => expect(held()).toEqual(before))
  const exchanges = await mock.exchanges()
  expect(exchanges).toHaveLength(TIMES)
  expect(exchanges.filter(({ hungUp }) => hungUp !== true)).toEqual([])
  expect(exchanges[0]).toMatchObject({ response: { status: 200, stream: true }, duration: expect.any(Number) })
  process.off('warning', onWarning)
  expect({ warnings, faults }).toEqual({ warnings: [], faults: [] })
  expect((await ask(mock, { headers: { 'x-mock-pace': 'instant' } })).status, 'the mock goes on').toBe(200)
})

test('of an answer that was read to its end the journal says so', async () => {
  await using mock = await startMock()
  await repeat(100, async (i) => void (await ask(mock, { body: { stream: i % 2 === 0 } })))
  const exchanges = await mock.exchanges({ status: 200 })
  expect(exchanges).toHaveLength(100)
  await until(async () => (await mock.exchanges()).every(({ hungUp }) => hungUp === false))
})

test('a client that hangs up while an answer in one piece is waited for has hung up too', async () => {
  const timer: Timer = async (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
  await using mock = await startMock({ pace: 'real', timer })
  const hanging = new AbortController()
  const asked = ask({ ...mock, fetch: async (input, init) => mock.fetch(input, { ...init, signal: hanging.signal }) })
  const failed = asked.catch((error: unknown) => error)
  await until(async () => (await mock.exchanges()).length === 1)
  expect(await mock.exchanges(), 'while it waits, nothing is known').toMatchObject([
    { hungUp: undefined, duration: undefined },
  ])
  hanging.abort()
  expect(await failed).toMatchObject({ name: 'AbortError' })
  await until(async () => (await mock.exchanges())[0]?.hungUp === true)
})

test('a mock that resets the connection was not hung up on', async () => {
  for (const mock of [await startMock(), await createMock()]) {
    await mock.script({ then: { reset: true } })
    await expect(ask(mock)).rejects.toThrow('fetch failed')
    await until(async () => (await mock.exchanges())[0]?.hungUp === false)
    await mock.close()
  }
})

test('in process, a fetch that is aborted while it waits has hung up', async () => {
  const timer: Timer = async (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
  await using mock = await createMock({ pace: 'real', timer })
  const hanging = new AbortController()
  const asked = mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
    signal: hanging.signal,
  })
  const failed = asked.catch((error: unknown) => error)
  await until(async () => (await mock.exchanges()).length === 1)
  hanging.abort()
  expect(await failed).toMatchObject({ name: 'AbortError' })
  await until(async () => (await mock.exchanges())[0]?.hungUp === true)
})

test('in process, a stream that its reader abandons was hung up on', async () => {
  const { timer } = createTimer()
  await using mock = await createMock({ pace: 'real', timer })
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  })
  const reader = response.body?.getReader()
  await reader?.read()
  expect(await mock.exchanges()).toMatchObject([{ hungUp: undefined }])
  await reader?.cancel()
  expect(await mock.exchanges()).toMatchObject([{ hungUp: true, duration: expect.any(Number) }])
})
