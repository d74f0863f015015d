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

interface Answer {
  /** 0 of one that broke off after it had begun. */
  readonly status: number
  readonly text: string
  /** How often it was asked for in vain: of a replica that is gone, or went meanwhile. */
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

  /** Asks the replica whose turn it is; when its connection fails, the next. */
  const ask = async (
    session: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
    cut = 0,
  ): Promise<Answer> => {
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
      const asking = request(
        `${url}/v1/chat/completions`,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'x-mock-session': session, ...headers },
        },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (part: string) => (text += part))
          answer
            .on('end', () => done({ status: answer.statusCode ?? 0, text }))
            .on('error', () => done({ status: 0, text }))
        },
      )
      asking
        .on('error', failed)
        .end(JSON.stringify({ model: 'nano-banana', messages: [{ role: 'user', content: 'a fox' }], ...body }))
    })
  const many = async (count: number, session: string, more: Parameters<typeof ask>[1] = {}): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, async () => ask(session, more)))
  const statuses = (answers: readonly Answer[]): Record<number, number> => {
    const counts: Record<number, number> = {}
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }
  const saidIn = ({ text }: Answer): string => JSON.parse(text).choices[0].message.content

  test('of 10,000 requests at once exactly as many get a 429 as were scripted', async () => {
    const alice = mock.session()
    await alice.script('limit-rate', { times: 3000 })
    await alice.script(Array.from({ length: 300 }, () => 'limit-rate'))
    expect(statuses(await many(10_000, alice.headers['x-mock-session'] ?? ''))).toEqual({ 200: 6700, 429: 3300 })
    expect(await alice.pending()).toEqual([])
    const { statuses: seen } = await alice.coverage()
    expect(JSON.stringify(seen)).toContain('429')
  })

  test('a sequence visits each of its steps once, scripted or asked for by name', async () => {
    const alice = mock.session()
    const name = alice.headers['x-mock-session'] ?? ''
    const steps = Array.from({ length: 50 }, (_, i) => `step ${i}`)
    await alice.script({ then: { sequence: steps.map((say) => ({ say })) } })
    const said = (await many(80, name)).map(saidIn)
    expect(said.filter((text) => text.startsWith('step')).toSorted()).toEqual(steps.toSorted())
    expect(statuses(await many(60, name, { headers: { 'x-mock-scenario': 'retry-503' } }))).toEqual({ 200: 58, 503: 2 })
  })

  test('two sessions never meet, and each finds its own requests in the journal, whichever replica had them', async () => {
    const sessions = Array.from({ length: 2 }, () => mock.session())
    const told = await Promise.all(
      sessions.map(async (session) => {
        const name = session.headers['x-mock-session'] ?? ''
        await session.script({ then: { say: name } }, { times: 60 })
        const said = (await many(100, name)).map(saidIn).filter((text) => text.length < 40)
        expect(said).toEqual(Array.from({ length: 60 }, () => name))
        return session.exchanges()
      }),
    )
    for (const [i, exchanges] of told.entries()) {
      expect(exchanges).toHaveLength(100)
      expect(new Set(exchanges.map(({ session }) => session))).toEqual(
        new Set([sessions[i]?.headers['x-mock-session']]),
      )
      expect(exchanges.map(({ id }) => Number(id))).toEqual(
        exchanges.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
      )
    }
  })

  test('who has read an answer finds it in the journal of every other replica at once, and what was reset stays away', async () => {
    const elsewhere = await connectMock(replicas[1]?.url ?? '')
    const [here, there] = [mock.session('both'), elsewhere.session('both')]
    for (let i = 1; i <= 10; i++) {
      await post(replicas[i % 3]?.url ?? '', 'both')
      expect(await there.exchanges()).toHaveLength(i)
    }
    await here.reset()
    expect([await there.exchanges(), await there.pending()]).toEqual([[], []])
  })

  test('SIGTERM under load: every answer that had begun is told to its end, and no scripted one is lost', async () => {
    const alice = mock.session()
    const leaving = await start('--pace', '0.02')
    replicas.push(leaving)
    await alice.script('limit-rate', { times: 100 })
    const stream = { body: { model: 'gpt-4o-image', stream: true } }
    const asked = many(400, alice.headers['x-mock-session'] ?? '', stream)
    await expect.poll(async () => (await alice.exchanges()).length, { interval: 5 }).toBeGreaterThan(50)
    leaving.child.kill('SIGTERM')
    const answers = await asked
    replicas = replicas.filter((replica) => replica !== leaving)
    expect(await leaving.ended).toBe(0)
    expect(statuses(answers)).toEqual({ 200: 300, 429: 100 })
    expect(answers.filter(({ status, text }) => status === 200 && !text.endsWith('data: [DONE]\n\n'))).toEqual([])
  })

  test('SIGKILL of a replica loses what it was just answering, and nothing that was still to come', async () => {
    const alice = mock.session()
    const name = alice.headers['x-mock-session'] ?? ''
    const leaving = await start()
    replicas.push(leaving)
    await alice.script('limit-rate', { times: 500 })
    const asked = many(1500, name)
    await expect.poll(async () => (await alice.pending())[0]?.times ?? 0, { interval: 5 }).toBeLessThan(450)
    leaving.child.kill('SIGKILL')
    await leaving.ended
    replicas = [...replicas.filter((replica) => replica !== leaving), await start()]
    const answers = await asked
    const { 429: limited = 0, 200: right = 0, 0: torn = 0 } = statuses(answers)
    const cut = answers.reduce((sum, answer) => sum + answer.cut, torn)
    expect([limited + right + torn, await alice.pending()]).toEqual([1500, []])
    expect(limited).toBeLessThanOrEqual(500)
    expect(limited).toBeGreaterThanOrEqual(500 - cut)
    await alice.script('limit-rate', { times: 30 })
    const [another] = replicas.splice(1, 1) // the first is whom `mock` asks
    another?.child.kill('SIGKILL')
    await another?.ended
    replicas.push(await start())
    expect(statuses(await many(40, name)), 'what waits is nobody’s own').toEqual({ 200: 10, 429: 30 })
  })

  test('the store breaks off every connection under load: no scripted answer is lost, and none is told twice', async () => {
    const alice = mock.session()
    await alice.script('limit-rate', { times: 400 })
    const asked = many(1200, alice.headers['x-mock-session'] ?? '')
    const client = createClient({ url: redis.url })
    await client.connect()
    for (let i = 0; i < 3; i++) {
      await new Promise((done) => setTimeout(done, 150))
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    }
    client.destroy()
    expect(statuses(await asked)).toEqual({ 200: 800, 429: 400 })
    expect(await alice.pending()).toEqual([])
  })
})
