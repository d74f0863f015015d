import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import { bytesInUse, growthSince } from '../memory.ts'
import { sendRaw } from '../wire.ts'

const BODY = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })

test('records the headers of each request on a kept-alive connection', async () => {
  await using mock = await startMock()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = async (headers: Record<string, string>): Promise<void> => {
    const sending = request(`${mock.baseURL}/chat/completions`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    })
    sending.end(BODY)
    const [response] = await once(sending, 'response')
    response.resume()
    await once(response, 'end')
  }
  const long = 'a'.repeat(2048)
  const sent = [
    { 'x-a': '1' },
    { 'x-a': '1' },
    { 'x-a': '2' },
    { 'x-b': '2' },
    { 'x-a': '1', 'x-b': '2' },
    { 'x-a': '1' },
    { 'x-a': long },
    { 'x-a': long },
    { 'x-a': `${long}b` },
  ]
  for (const headers of sent) await send(headers)
  agent.destroy()
  const recorded = (await mock.exchanges()).map(({ request: { headers } }) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-'))),
  )
  expect(recorded).toEqual(sent)
})

test('discards a body that is not read, and keeps the connection', async () => {
  await using mock = await startMock()
  const { hostname, port } = new URL(mock.url)
  const socket = connect({ host: hostname, port: Number(port) })
  const statuses: string[] = []
  socket.on('data', (data) => statuses.push(...(String(data).match(/HTTP\/1\.1 \d+/g) ?? [])))
  const responded = async (count: number): Promise<void> => {
    while (statuses.length < count) await once(socket, 'data')
  }
  const piece = Buffer.alloc(1_048_576, ' ')
  const length = 30 * piece.length // below the limit
  socket.write(`POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`)
  socket.write(piece)
  await responded(1)
  const before = bytesInUse()
  for (let sent = 2 * piece.length; sent < length; sent += piece.length)
    if (!socket.write(piece)) await once(socket, 'drain')
  await expect.poll(() => growthSince(before), { message: 'MB of the body in memory' }).toBeLessThan(8)
  socket.write(piece)
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`)
  await responded(2)
  socket.destroy()
  expect(statuses).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200'])
})

test.each([
  ['is read', 'application/json', 'slow-start'],
  ['is not read', 'text/plain', 'late-error'],
])('a body that %s is freed before a delayed response', async (_, type, scenario) => {
  const fixtures = mkdtempSync(join(tmpdir(), 'late-'))
  mkdirSync(join(fixtures, 'scenarios'))
  writeFileSync(
    join(fixtures, 'scenarios/late-error.yaml'),
    'about: It is late\nthen: { error: rate_limited, wait: 30 }\n',
  )
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  await using mock = await startMock({
    fixtures,
    timer: async (_ms, signal) => (
      begin(),
      new Promise((_resolve, reject) => signal?.addEventListener('abort', reject))
    ),
  })
  const { hostname, port } = new URL(mock.url)
  const body = Buffer.from(
    JSON.stringify({
      model: 'flux',
      messages: [{ role: 'user', content: 'a fox' }],
      unknown: 'x'.repeat(20 * 1_048_576),
    }),
  )
  const before = bytesInUse()
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nX-Mock-Scenario: ${scenario}\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  await Promise.all([begun, new Promise((sent) => socket.write(body, sent))])
  await expect.poll(() => growthSince(before), { message: 'MB of the body in memory' }).toBeLessThan(8)
  socket.destroy()
})

test('requests before bytes that are not HTTP get their responses first', async () => {
  await using mock = await startMock()
  const bad = (path: string, type: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}JUNK\r\n\r\n`
  const statusesOf = async (text: string): Promise<string[]> => {
    const { head, body } = await sendRaw(mock, text)
    return `${head}${body}`.match(/HTTP\/1\.1 \d+/g) ?? []
  }
  expect(await statusesOf(bad('/v1/chat/completions', 'application/json'))).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
  expect(await statusesOf(bad('/v1/chat/completions', 'text/plain'))).toEqual(['HTTP/1.1 415', 'HTTP/1.1 400'])
  expect(await statusesOf(bad('/nowhere', 'application/json'))).toEqual(['HTTP/1.1 404', 'HTTP/1.1 400'])
  expect(await statusesOf('GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\nJUNK\r\n\r\n')).toEqual([
    'HTTP/1.1 200',
    'HTTP/1.1 400',
  ])
})
