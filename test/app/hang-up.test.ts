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

/** A timer whose first three waits are instant. Later waits last until they are aborted; `waiting` counts them. */
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

/** Requests a stream over a new socket, and disconnects after the first event: with a normal close, or with a reset. */
async function disconnect({ url }: Mock, i: number): Promise<void> {
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

/** What the process uses: active resources by kind, open descriptors, listeners of the process. */
function resourcesInUse(): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return {
    ...kinds,
    listeners,
    ...(existsSync('/proc/self/fd') ? { descriptors: readdirSync('/proc/self/fd').length } : {}),
  }
}

/** Waits until a condition is true. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; !(await condition()); turns++) {
    if (turns > 100_000) throw new Error('the condition was never true')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Runs a function many times, with a limited number at once. */
async function repeat(times: number, act: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < times) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

test('a thousand clients that disconnect during a stream leak nothing, and the journal shows each', async () => {
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
  await repeat(AT_ONCE, async (i) => disconnect(mock, i)) // creates what is created once
  await until(ended)
  await mock.reset()
  const before = resourcesInUse()
  await repeat(TIMES, async (i) => disconnect(mock, i))
  await until(() => waiting() === 0)
  await until(ended)
  const kinds = (): string[] => [...new Set([...Object.keys(before), ...Object.keys(resourcesInUse())])]
  const grown = (): string[] => kinds().filter((kind) => (resourcesInUse()[kind] ?? 0) - (before[kind] ?? 0) > 2)
  await until(() => grown().length === 0).catch(() => expect(resourcesInUse()).toEqual(before))
  const exchanges = await mock.exchanges()
  expect(exchanges).toHaveLength(TIMES)
  expect(exchanges.filter(({ hungUp }) => hungUp !== true)).toEqual([])
  expect(exchanges[0]).toMatchObject({ response: { status: 200, stream: true }, duration: expect.any(Number) })
  process.off('warning', onWarning)
  expect({ warnings, faults }).toEqual({ warnings: [], faults: [] })
  expect((await ask(mock, { headers: { 'x-mock-pace': 'instant' } })).status, 'the mock keeps running').toBe(200)
})

test('a response that was read to its end has hungUp: false', async () => {
  await using mock = await startMock()
  await repeat(100, async (i) => void (await ask(mock, { body: { stream: i % 2 === 0 } })))
  const exchanges = await mock.exchanges({ status: 200 })
  expect(exchanges).toHaveLength(100)
  await until(async () => (await mock.exchanges()).every(({ hungUp }) => hungUp === false))
})

test('a client that disconnects during the wait for a JSON response has hungUp: true', async () => {
  const timer: Timer = async (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
  await using mock = await startMock({ pace: 'real', timer })
  const disconnecting = new AbortController()
  const pending = ask({
    ...mock,
    fetch: async (input, init) => mock.fetch(input, { ...init, signal: disconnecting.signal }),
  })
  const failed = pending.catch((error: unknown) => error)
  await until(async () => (await mock.exchanges()).length === 1)
  expect(await mock.exchanges(), 'undefined during the wait').toMatchObject([
    { hungUp: undefined, duration: undefined },
  ])
  disconnecting.abort()
  expect(await failed).toMatchObject({ name: 'AbortError' })
  await until(async () => (await mock.exchanges())[0]?.hungUp === true)
})

test('a reset of the connection by the mock has hungUp: false', async () => {
  for (const mock of [await startMock(), await createMock()]) {
    await mock.script({ then: { reset: true } })
    await expect(ask(mock)).rejects.toThrow('fetch failed')
    await until(async () => (await mock.exchanges())[0]?.hungUp === false)
    await mock.close()
  }
})

test('in process, a fetch that is aborted during the wait has hungUp: true', async () => {
  const timer: Timer = async (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))))
  await using mock = await createMock({ pace: 'real', timer })
  const disconnecting = new AbortController()
  const pending = mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
    signal: disconnecting.signal,
  })
  const failed = pending.catch((error: unknown) => error)
  await until(async () => (await mock.exchanges()).length === 1)
  disconnecting.abort()
  expect(await failed).toMatchObject({ name: 'AbortError' })
  await until(async () => (await mock.exchanges())[0]?.hungUp === true)
})

test('in process, a stream that its reader cancels has hungUp: true', async () => {
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
