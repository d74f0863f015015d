import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Reply } from '../../src/util/reply.ts'
import { realTimer, writeNode } from '../../src/app/write.ts'

const pacing = { timer: async () => {}, ending: new AbortController().signal, stalled: 50 }
const LARGE = 'x'.repeat(30_000_000)

test.each<[what: string, body: Reply['body']]>([
  ['a large answer', LARGE],
  [
    'a stream',
    [
      { wait: 0, data: LARGE },
      { wait: 0, data: 'end' },
    ],
  ],
])('a reader of %s that takes nothing is dropped', async (_what, body) => {
  const server = createServer(
    (_request, outgoing) => void writeNode({ status: 200, headers: {}, body }, outgoing, pacing),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 }).pause()
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

test('a slow reader that goes on gets the whole stream', async () => {
  const frames = Array.from({ length: 20 }, (_, i) => ({ wait: 0, data: String(i % 10).repeat(1_000_000) }))
  const server = createServer(
    (_request, outgoing) =>
      void writeNode({ status: 200, headers: {}, body: frames }, outgoing, { ...pacing, stalled: 5000 }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const text = await (await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)).text()
  expect(text).toBe(frames.map(({ data }) => data).join(''))
  server.close()
})

test('what a busy process was late, the next waits make up for', async () => {
  const frames = Array.from({ length: 5 }, (_, i) => ({ wait: 50, data: String(i) }))
  const order: string[] = []
  const server = createServer((_request, outgoing) => {
    const write = outgoing.write.bind(outgoing)
    outgoing.write = (data: string) => {
      if (order.length === 0) {
        for (const end = performance.now() + 300; performance.now() < end;);
        setTimeout(() => order.push('40 ms later'), 40)
      }
      order.push(data)
      return write(data)
    }
    void writeNode({ status: 200, headers: {}, body: frames }, outgoing, { timer: realTimer, ending: pacing.ending })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  expect(await (await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)).text()).toBe(
    '01234',
  )
  expect(order.slice(0, 4)).toEqual(['0', '1', '2', '3'])
  server.close()
})
