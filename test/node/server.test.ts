import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { Waits } from '../../src/app/waits.ts'
import { realTimer } from '../../src/app/waits.ts'
import { serverWith } from '../app/unlistened.ts'

const LARGE = 'x'.repeat(30_000_000)

const streamOf = (parts: readonly string[]): ReadableStream<Uint8Array> => {
  const left = parts.map((part) => new TextEncoder().encode(part))
  return new ReadableStream(
    {
      pull(controller) {
        const part = left.shift()
        if (part === undefined) controller.close()
        else controller.enqueue(part)
      },
    },
    { highWaterMark: 0 },
  )
}

test.each<[what: string, body: () => BodyInit]>([
  ['a large response', () => LARGE],
  ['a stream', () => streamOf([LARGE, 'end'])],
])('disconnects a client that reads nothing of %s', async (_what, body) => {
  const server = await serverWith({ fetch: () => new Response(body()), stalled: 50 })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port }).pause()
  socket.on('error', () => {})
  const [dropped] = await Promise.all([
    once(server, 'connection').then(async ([peer]) => {
      await once(peer, 'close')
      return true
    }),
    new Promise((resolve) => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', resolve)),
  ])
  expect(dropped).toBe(true)
  socket.destroy()
  server.close()
})

test('a slow client gets the whole stream', async () => {
  const parts = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(1_000_000))
  const server = await serverWith({ fetch: () => new Response(streamOf(parts)), stalled: 5000 })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe(parts.join(''))
  server.close()
})

test('after a late wait, the next waits are shorter', async () => {
  const { signal } = new AbortController()
  const context: any = { get: () => ({ timer: realTimer, ending: signal }), req: { raw: { signal } } }
  const waits = new Waits(context)
  await waits.pass(50)
  for (const end = performance.now() + 300; performance.now() < end;);
  const order: string[] = []
  setTimeout(() => order.push('40 ms later'), 40)
  for (const i of [1, 2, 3, 4]) {
    await waits.pass(50)
    order.push(String(i))
  }
  expect(order).toEqual(['1', '2', '3', '4'])
})
