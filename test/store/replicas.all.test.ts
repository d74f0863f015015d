import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { connectMock } from '../../src/index.ts'
import type { Redis } from './redis.ts'
import { SERVER, SKIPPED, startRedis } from './redis.ts'

const CLI = resolve(import.meta.dirname, '../../dist/cli.js')

interface Replica {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
}

interface Result {
  /** 0 for a response that was cut off. */
  readonly status: number
  readonly text: string
  /** Number of attempts that failed before, because the replica was gone. */
  readonly cut: number
}

describe.skipIf(SERVER === undefined)(`three processes on one store behind a round-robin${SKIPPED}`, () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  let redis: Redis
  let replicas: Replica[] = []
  let turn = 0
  let mock: Mock

  const start = async (...more: readonly string[]): Promise<Replica> => {
    const child = spawn(process.execPath, [CLI, '--port', '0', '--log', 'silent', '--grace', '20', ...more], {
      env: { PATH: process.env['PATH'], MOCK_STORE: redis.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit').then(([code]): number | null => code)
    const [url] = await once(createInterface(child.stdout), 'line')
    return { url: String(url), child, ended }
  }
  const end = async ({ child, ended }: Replica): Promise<number | null> => {
    child.kill('SIGTERM')
    return ended
  }
  beforeAll(async () => {
    redis = await startRedis()
    replicas = await Promise.all([start(), start(), start()])
    mock = await connectMock(replicas[0]?.url ?? '')
  })
  afterAll(async () => {
    agent.destroy()
    await Promise.all(replicas.map(end))
    await redis.close()
  })

  /** Sends a request to the next replica. If the connection fails, tries the one after it. */
  const ask = async (
    session: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
    cut = 0,
  ): Promise<Result> => {
    const replica = replicas[turn++ % replicas.length]
    try {
      return { ...(await post(replica?.url ?? '', session, more)), cut }
    } catch (error) {
      if (cut > 20) throw error
      return ask(session, more, cut + 1)
    }
  }
  const post = async (
    url: string,
    session: string,
    { headers = {}, body = {} }: Parameters<typeof ask>[1] = {},
  ): Promise<{ status: number; text: string }> =>
    new Promise((done, failed) => {
      const sending = request(
        `${url}/v1/chat/completions`,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'x-mock-session': session, ...headers },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => (text += part))
          response
            .on('end', () => done({ status: response.statusCode ?? 0, text }))
            .on('error', () => done({ status: 0, text }))
        },
      )
      sending
        .on('error', failed)
        .end(JSON.stringify({ model: 'nano-banana', messages: [{ role: 'user', content: 'a fox' }], ...body }))
    })
  const many = async (count: number, session: string, more: Parameters<typeof ask>[1] = {}): Promise<Result[]> =>
    Promise.all(Array.from({ length: count }, async () => ask(session, more)))
  const statuses = (results: readonly Result[]): Record<number, number> => {
    const counts: Record<number, number> = {}
    for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }
  const contentOf = ({ text }: Result): string => JSON.parse(text).choices[0].message.content

  test('of 10,000 concurrent requests, exactly the scripted number get a 429', async () => {
    const alice = mock.session()
    await alice.script('limit-rate', { times: 3000 })
    await alice.script(Array.from({ length: 300 }, () => 'limit-rate'))
    expect(statuses(await many(10_000, alice.headers['x-mock-session'] ?? ''))).toEqual({ 200: 6700, 429: 3300 })
    expect(await alice.pending()).toEqual([])
    const { statuses: seen } = await alice.coverage()
    expect(JSON.stringify(seen)).toContain('429')
  })

  test('exactly one step of a sequence per request, scripted or requested by name', async () => {
    const alice = mock.session()
    const name = alice.headers['x-mock-session'] ?? ''
    const steps = Array.from({ length: 50 }, (_, i) => `step ${i}`)
    await alice.script({ then: { sequence: steps.map((say) => ({ say })) } })
    const contents = (await many(80, name)).map(contentOf)
    expect(contents.filter((text) => text.startsWith('step')).toSorted()).toEqual(steps.toSorted())
    expect(statuses(await many(60, name, { headers: { 'x-mock-scenario': 'retry-503' } }))).toEqual({
      200: 20,
      503: 40,
    })
  })

  test('two sessions are isolated, and each has its own exchanges from all replicas', async () => {
    const sessions = Array.from({ length: 2 }, () => mock.session())
    const journals = await Promise.all(
      sessions.map(async (session) => {
        const name = session.headers['x-mock-session'] ?? ''
        await session.script({ then: { say: name } }, { times: 60 })
        const contents = (await many(100, name)).map(contentOf).filter((text) => text.length < 40)
        expect(contents).toEqual(Array.from({ length: 60 }, () => name))
        return session.exchanges()
      }),
    )
    for (const [i, exchanges] of journals.entries()) {
      expect(exchanges).toHaveLength(100)
      expect(new Set(exchanges.map(({ session }) => session))).toEqual(
        new Set([sessions[i]?.headers['x-mock-session']]),
      )
      expect(exchanges.map(({ id }) => Number(id))).toEqual(
        exchanges.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
      )
    }
  })

  test('an exchange is in the journal of all replicas as soon as its response was read, and a reset applies to all', async () => {
    const elsewhere = await connectMock(replicas[1]?.url ?? '')
    const [here, there] = [mock.session('both'), elsewhere.session('both')]
    for (let i = 1; i <= 10; i++) {
      await post(replicas[i % 3]?.url ?? '', 'both')
      expect(await there.exchanges()).toHaveLength(i)
    }
    await here.reset()
    expect([await there.exchanges(), await there.pending()]).toEqual([[], []])
  })

  test('SIGTERM under load: open responses are completed, and no scripted response is lost', async () => {
    const alice = mock.session()
    const leaving = await start('--pace', '0.02')
    replicas.push(leaving)
    await alice.script('limit-rate', { times: 100 })
    const stream = { body: { model: 'gpt-4o-image', stream: true } }
    const pending = many(400, alice.headers['x-mock-session'] ?? '', stream)
    await expect.poll(async () => (await alice.exchanges()).length, { interval: 5 }).toBeGreaterThan(50)
    leaving.child.kill('SIGTERM')
    const results = await pending
    replicas = replicas.filter((replica) => replica !== leaving)
    expect(await leaving.ended).toBe(0)
    expect(statuses(results)).toEqual({ 200: 300, 429: 100 })
    expect(results.filter(({ status, text }) => status === 200 && !text.endsWith('data: [DONE]\n\n'))).toEqual([])
  })

  test('SIGKILL of a replica loses only the responses that it was sending', async () => {
    const alice = mock.session()
    const name = alice.headers['x-mock-session'] ?? ''
    const leaving = await start()
    replicas.push(leaving)
    await alice.script('limit-rate', { times: 500 })
    const pending = many(1500, name)
    await expect.poll(async () => (await alice.pending())[0]?.times ?? 0, { interval: 5 }).toBeLessThan(450)
    leaving.child.kill('SIGKILL')
    await leaving.ended
    replicas = [...replicas.filter((replica) => replica !== leaving), await start()]
    const results = await pending
    const { 429: limited = 0, 200: right = 0, 0: torn = 0 } = statuses(results)
    const cut = results.reduce((sum, result) => sum + result.cut, torn)
    expect([limited + right + torn, await alice.pending()]).toEqual([1500, []])
    expect(limited).toBeLessThanOrEqual(500)
    expect(limited).toBeGreaterThanOrEqual(500 - cut)
    await alice.script('limit-rate', { times: 30 })
    const [another] = replicas.splice(1, 1) // `mock` uses the first
    another?.child.kill('SIGKILL')
    await another?.ended
    replicas.push(await start())
    expect(statuses(await many(40, name)), 'the script does not belong to a replica').toEqual({ 200: 10, 429: 30 })
  })

  test('the store closes all connections under load: no scripted response is lost or returned twice', async () => {
    const alice = mock.session()
    await alice.script('limit-rate', { times: 400 })
    const pending = many(1200, alice.headers['x-mock-session'] ?? '')
    const client = createClient({ url: redis.url })
    await client.connect()
    for (let i = 0; i < 3; i++) {
      await new Promise((done) => setTimeout(done, 150))
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    }
    client.destroy()
    expect(statuses(await pending)).toEqual({ 200: 800, 429: 400 })
    expect(await alice.pending()).toEqual([])
  })
})
