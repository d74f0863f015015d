import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'
import { bytesInUse, expectFreed } from '../memory.ts'

const BODY = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })

test('the journal has the headers of each request, whatever those before it on its connection had', async () => {
  await using mock = await startMock()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (headers: Record<string, string>): Promise<void> => {
    const asking = request(`${mock.baseURL}/chat/completions`, { agent, method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
    asking.end(BODY)
    const [answer] = await once(asking, 'response')
    answer.resume()
    await once(answer, 'end')
  }
  const long = 'a'.repeat(2048)
  const asked = [{ 'x-a': '1' }, { 'x-a': '1' }, { 'x-a': '2' }, { 'x-b': '2' }, { 'x-a': '1', 'x-b': '2' }, { 'x-a': '1' }, { 'x-a': long }, { 'x-a': long }, { 'x-a': `${long}b` }]
  for (const headers of asked) await ask(headers)
  agent.destroy()
  const told = (await mock.exchanges()).map(({ request: { headers } }) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-'))))
  expect(told).toEqual(asked)
})

test('a body that nobody reads is dropped as it comes, and its connection goes on', async () => {
  await using mock = await startMock()
  const { hostname, port } = new URL(mock.url)
  const socket = connect({ host: hostname, port: Number(port) })
  const statuses: string[] = []
  socket.on('data', (data) => statuses.push(...(String(data).match(/HTTP\/1\.1 \d+/g) ?? [])))
  const answered = async (count: number): Promise<void> => {
    while (statuses.length < count) await once(socket, 'data')
  }
  const piece = Buffer.alloc(1_048_576, ' ')
  const length = 30 * piece.length // one that could have been read
  socket.write(`POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`)
  socket.write(piece)
  await answered(1)
  const before = bytesInUse()
  for (let sent = 2 * piece.length; sent < length; sent += piece.length) if (!socket.write(piece)) await once(socket, 'drain')
  await expectFreed(before, 8, 'the body')
  socket.write(piece)
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`)
  await answered(2)
  socket.destroy()
  expect(statuses).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200'])
})
