import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Socket, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Connection } from '../../src/node/connection.ts'
import type { Served } from '../../src/node/server.ts'
import { serverWith } from '../app/unlistened.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A client of a server that uses `fetch`. */
async function clientOf(fetch: Served['fetch']): Promise<Socket> {
  const server = await serverWith({ fetch })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => {
    socket.destroy()
    server.close()
  })
  return socket
}

test('answers 16 requests of a connection at once, and the others in order when these are answered', async () => {
  const responses: ((response: Response) => void)[] = []
  const socket = await clientOf(async () => new Promise((resolve) => responses.push(resolve)))
  socket.write(GET.repeat(199))
  socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  const received = text(socket)
  for (let i = 0; i < 200; i++) {
    await expect.poll(() => responses.length, { interval: 1 }).toBe(Math.min(200, i + 16))
    responses[i]?.(new Response(`number ${i}.`))
  }
  expect((await received).match(/(?<=number )\d+/g)).toEqual(Array.from({ length: 200 }, (_, i) => String(i)))
})

test('joins small chunks of a body', async () => {
  const body = 'abcdefghij'.repeat(10_000)
  const sizes: number[] = []
  const socket = await clientOf(async (request) => {
    const parts: Uint8Array[] = []
    for await (const part of request.body ?? []) parts.push(part)
    sizes.push(...parts.map(({ length }) => length))
    return new Response(String(Buffer.concat(parts).toString() === body))
  })
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write(body.replaceAll(/./g, '1\r\n$&\r\n'))
  socket.write('0\r\n\r\n')
  expect(await text(socket)).toMatch(/true$/)
  expect(sizes.length).toBeLessThan(20)
})

test('lets others in while a body arrives in chunks of one byte', async () => {
  let arrived = 0
  const turns: number[] = []
  const state = { isOver: false }
  const socket = await clientOf(async (request, { incoming }) => {
    const push = vi.spyOn(incoming!, 'push')
    const count = (): void => {
      turns.push(push.mock.calls.length - arrived)
      arrived = push.mock.calls.length
      if (!state.isOver) setImmediate(count)
    }
    count()
    const { length } = await request.text()
    state.isOver = true
    return new Response(`${length} bytes`)
  })
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write('1\r\nz\r\n'.repeat(300_000))
  socket.write('0\r\n\r\n')
  expect(await text(socket)).toMatch(/300000 bytes$/)
  expect(Math.max(...turns), 'chunks in one turn').toBeLessThan(15_000) // one read of 64 KiB
})

const JUNK = 'zz\r\nnot HTTP'

test.each<[what: string, junk: string]>([
  ['a request', `${GET}${JUNK}`],
  ['a request with an invalid body', `${GET.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n')}${JUNK}`],
  ['a request that closes the connection', `${GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')}${JUNK}`],
])('bytes that are not HTTP after %s do not replace its response, nor appear inside it', async (_what, bytes) => {
  const [head = '', junk = ''] = bytes.split('zz')
  let send = (_part: string | undefined): void => {}
  const encoder = new TextEncoder()
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const socket = await clientOf(() => {
    const body = new ReadableStream({
      start: (controller) => {
        send = (part) => (part === undefined ? controller.close() : controller.enqueue(encoder.encode(part)))
      },
    })
    begin()
    return new Response(body)
  })
  const received = text(socket)
  socket.write(head)
  await begun
  send('the beginning')
  socket.write(`zz${junk}`)
  socket.write(junk)
  await new Promise((resolve) => setTimeout(resolve, 50)) // until they have arrived
  send('and the end')
  send(undefined)
  const [response = '', ...rest] = (await received).split(/(?=HTTP\/1\.1 )/)
  expect(response).toMatch(/^HTTP\/1\.1 200 [^]*the beginning[^]*and the end/)
  expect(rest.length, 'not more than one error').toBeLessThan(2)
  for (const error of rest) expect(error).toMatch(/^HTTP\/1\.1 400 [^]*is not valid HTTP/)
})

test('a request that is not complete gets a 400 if bytes follow that are not HTTP, and is not answered', async () => {
  const fetch = vi.fn<(request: Request) => Promise<Response>>(async (request) => new Response(await request.text()))
  const socket = await clientOf(fetch)
  socket.write(`${GET}POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n${JUNK}`)
  expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('requests after one that is ambiguous are not answered', async () => {
  const fetch = vi.fn<() => Response>(() => new Response('never'))
  const socket = await clientOf(fetch)
  socket.write(`${GET.replace('Host: localhost', 'Host: a\r\nHost: b')}${GET}${GET}`)
  expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
  expect(fetch).not.toHaveBeenCalled()
})

/** A socket with 100 bytes in its buffer, 60 of them not accepted by the client's system. */
function fullSocket() {
  const socket = new Socket()
  const handle = { writeQueueSize: 60 }
  const destroy = vi.spyOn(socket, 'destroy').mockReturnValue(socket)
  Object.defineProperties(socket, {
    _handle: { value: handle },
    bytesWritten: { value: 1000 },
    writableLength: { value: 100, configurable: true },
  })
  return { socket, handle, destroy }
}

/** Adds requests to a connection. Returns how many have ended. */
function addTo(connection: Connection, count: number): () => number {
  let ended = 0
  for (let i = 0; i < count; i++) {
    const exchange: any = { incoming: {}, outgoing: new Socket(), onEnd: () => ended++ }
    connection.add(exchange)
  }
  return () => ended
}

test('disconnects a client that has read nothing for 60 seconds', () => {
  const { socket, handle, destroy } = fullSocket()
  const connection = new Connection(socket, { begin: () => {}, stalled: 60_000, waiting: 0 })
  connection.check(1000)
  connection.check(60_999)
  handle.writeQueueSize = 59
  connection.check(61_000)
  connection.check(120_999)
  expect(destroy).not.toHaveBeenCalled()
  connection.check(121_000)
  expect(destroy).toHaveBeenCalled()
})

test('closes a connection that is not read if none of its responses ends for 10 minutes', () => {
  const { socket, destroy } = fullSocket()
  Object.defineProperty(socket, 'writableLength', { value: 0 })
  const connection = new Connection(socket, { begin: () => {}, stalled: 60_000, waiting: 0 })
  addTo(connection, 16)
  connection.check(performance.now() + 1_000_000)
  addTo(connection, 1)
  connection.check(performance.now() + 590_000)
  expect(destroy).not.toHaveBeenCalled()
  connection.check(performance.now() + 600_000)
  expect(destroy).toHaveBeenCalled()
})

test('closes a connection whose requests would be more than 20,000 that wait', () => {
  const { socket, destroy } = fullSocket()
  const sharing = { begin: () => {}, stalled: 60_000, waiting: 19_999 }
  const connection = new Connection(socket, sharing)
  const ended = addTo(connection, 17)
  expect([sharing.waiting, ended()]).toEqual([20_000, 0])
  expect(destroy).not.toHaveBeenCalled()
  const furtherEnded = addTo(connection, 1)
  expect(destroy).toHaveBeenCalled()
  expect(furtherEnded()).toBe(1)
  connection.end()
  expect([sharing.waiting, ended()]).toEqual([19_999, 1])
})
