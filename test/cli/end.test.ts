import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { body, CLI, isWindows, start } from './start.ts'

/** How a response ended: a whole stream ends with `[DONE]`. */
interface ProbeResult {
  readonly status: number
  readonly isWhole: boolean
}

/** Requests a stream; undefined if the connection was refused, or closed before the response. `begun` is called at the first bytes. */
async function requestStream(
  url: string,
  agent: Agent,
  begun: () => void = () => {},
): Promise<ProbeResult | undefined> {
  const { method, headers, body: json } = body(true)
  return new Promise((resolve) => {
    const sent = request(
      `${url}/v1/chat/completions`,
      { agent, method, headers: headers as Record<string, string> },
      (response) => {
        let text = ''
        const settle = (): void =>
          resolve({ status: response.statusCode ?? 0, isWhole: text.endsWith('data: [DONE]\n\n') })
        response.once('data', begun).on('data', (data: Buffer) => (text += data.toString()))
        response.on('close', settle)
      },
    )
    sent.on('error', () => resolve(undefined)).end(json)
  })
}

const statusOf = async (url: string): Promise<number> => (await fetch(url, { headers: { connection: 'close' } })).status

test.skipIf(isWindows).each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets an open stream continue for the grace period, then ends it after a whole event',
  async (signal) => {
    await using mock = await start(['--pace', '1', '--grace', '0.3'])
    const response = await fetch(`${mock.url}/v1/chat/completions`, body(true))
    const reader = response.body?.getReader()
    const first = await reader?.read()
    mock.process.kill(signal)
    let text = new TextDecoder().decode(first?.value)
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      text += new TextDecoder().decode(part.value)
    expect(text).not.toContain('[DONE]')
    expect(text.endsWith('\n\n')).toBe(true)
    expect(await mock.ended).toBe(0)
  },
)

test.skipIf(isWindows)('ends in time although stderr is blocked', async () => {
  const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const [url] = await once(createInterface(child.stdout), 'line')
  const path = `/${'x'.repeat(2000)}`
  for (let i = 0; i < 400; i++) expect((await fetch(`${String(url)}${path}${i}`)).status).toBe(404) // more than a pipe holds
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test.skipIf(isWindows)(
  'while a stream is open, readyz returns 503 and other requests are answered, on old and new connections; then the command ends',
  async () => {
    await using mock = await start(['--pace', '0.3', '--grace', '60', '--log-level', 'error'])
    const hangUp = new AbortController()
    const response = await fetch(`${mock.url}/v1/chat/completions`, { ...body(true), signal: hangUp.signal })
    await response.body?.getReader().read()
    expect(await statusOf(`${mock.url}/__mock/readyz`)).toBe(200)
    mock.process.kill('SIGTERM')
    await expect.poll(async () => statusOf(`${mock.url}/__mock/readyz`)).toBe(503)
    for (let i = 0; i < 20; i++)
      expect([await statusOf(`${mock.url}/__mock/readyz`), await statusOf(`${mock.url}/__mock/livez`)]).toEqual([
        503, 200,
      ])
    const late = await fetch(`${mock.url}/v1/models`)
    expect([late.status, late.headers.get('connection')]).toEqual([200, 'close'])
    hangUp.abort()
    expect(await mock.ended).toBe(0)
    expect(mock.lines, 'probes are not logged as errors').toEqual([])
  },
)

test.skipIf(isWindows)(
  'under load SIGTERM loses no response that has begun, and the command ends with the last one',
  async () => {
    await using mock = await start(['--pace', '0.01', '--grace', '30', '--log', 'silent'])
    const agent = new Agent({ keepAlive: true })
    let begun = 0
    const ending = new AbortController()
    const all: (ProbeResult | undefined)[] = []
    const client = async (): Promise<void> => {
      while (!ending.signal.aborted) all.push(await requestStream(mock.url, agent, () => begun++))
    }
    const clients = Array.from({ length: 50 }, client)
    await expect.poll(() => begun, { interval: 5, timeout: 10_000 }).toBeGreaterThan(75) // each client has one response, and half of them have a second one
    const answered = all.length
    mock.process.kill('SIGTERM')
    ending.abort()
    await Promise.all(clients)
    expect(await mock.ended).toBe(0)
    expect(all.length, 'some were open at the signal').toBeGreaterThan(answered)
    expect(all.filter((result) => result !== undefined && !(result.status === 200 && result.isWhole))).toEqual([])
    expect(all.filter((result) => result !== undefined)).toHaveLength(begun)
    agent.destroy()
  },
)

test.skipIf(isWindows).each(['SIGTERM', 'SIGINT'] as const)('a second signal does not wait: %s', async (second) => {
  await using mock = await start(['--pace', '1', '--grace', '60'])
  const response = await fetch(`${mock.url}/v1/chat/completions`, body(true))
  await response.body?.getReader().read()
  mock.process.kill('SIGTERM')
  await expect.poll(async () => statusOf(`${mock.url}/__mock/readyz`)).toBe(503)
  mock.process.kill(second)
  expect(await mock.ended).toBe(1)
})
