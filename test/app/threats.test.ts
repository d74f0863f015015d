import { spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import net, { connect } from 'node:net'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createChatReader } from '../../src/app/routes/chat.ts'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { toSettings } from '../../src/mock/to-settings.ts'
import { ask } from '../ask.ts'
import { sendRaw } from '../wire.ts'
import { serverWith } from './unlistened.ts'

let mock: Mock
beforeAll(async () => {
  mock = await startMock()
})
afterAll(async () => mock.close())

const POST = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n'
const SMUGGLED = 'GET /__mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n'

test.each([
  ['both a length and chunks', `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two encodings', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['an unknown encoding', `${POST}Transfer-Encoding: x\r\n\r\n${SMUGGLED}`],
  ['a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two lengths', `${POST}Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
  ['a length with a sign', `${POST}Content-Length: +0\r\n\r\n${SMUGGLED}`],
  ['an invalid chunk size', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n${SMUGGLED}`],
  ['a folded header', `${POST}X: a\r\n Content-Length: 0\r\n\r\n${SMUGGLED}`],
  ['another encoding before chunks', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunks in HTTP/1.0', `${POST.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two hosts', `${POST}Host: example.com\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
  ['another host in the target', `${POST.replace(' /', ' http://example.com/')}Content-Length: 0\r\n\r\n${SMUGGLED}`],
  ['lines without a carriage return', `${POST.replaceAll('\r', '')}\n${SMUGGLED}`],
])('rejects an ambiguous request with 400 and closes the connection: %s', async (_what, bytes) => {
  const { status, body } = await sendRaw(mock, bytes)
  expect(status).toBe(400)
  expect(body, 'the bytes after it get no response').not.toContain('HTTP/1.1')
  expect(JSON.parse(body).error.message).not.toBe('')
})

test.each([
  ['a URL', `GET /${'x'.repeat(1_000_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  ['a header', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`],
  ['a list of a hundred thousand headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: 1\r\n'.repeat(100_000)}\r\n`],
])('rejects %s that is too large with 431', async (_what, bytes) => {
  expect(await sendRaw(mock, bytes)).toMatchObject({ status: 431, body: expect.stringContaining('"error"') })
})

test.each([
  '/../../etc/passwd',
  '/cdn/../../../etc/passwd',
  '/cdn/%2e%2e/%2e%2e/etc/passwd',
  '/cdn/..%2f..%2fetc%2fpasswd/x.png',
  String.raw`/..\..\etc\passwd`,
  '//etc/passwd',
  '/cdn/download//etc/passwd',
  '/openapi.yaml/../package.json',
  '/package.json',
  '/fixtures/profiles.yaml',
  '/%00/etc/passwd',
])('no path returns a file: %s', async (path) => {
  expect(await sendRaw(mock, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatchObject({
    status: 404,
  })
})

test('incomplete headers get a 408 after 20 seconds, an incomplete body after 60', async () => {
  const server = await serverWith()
  expect(server).toMatchObject({ headersTimeout: 20_000, requestTimeout: 60_000, maxConnections: 10_000 })
  Object.assign(server, { headersTimeout: 300, requestTimeout: 600 }) // checked once a second
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const slow = async (bytes: string, next: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    socket.write(bytes)
    const timer = setInterval(() => socket.write(next), 50)
    const response = await text(socket)
    clearInterval(timer)
    return response
  }
  for (const response of await Promise.all([
    slow('', ''),
    slow('GET / HTTP/1.1\r\n', 'X: 1\r\n'),
    slow(`${POST}Content-Length: 1000\r\n\r\n`, ' '),
  ])) {
    expect(response).toMatch(/^HTTP\/1\.1 408 /)
    expect(response).toContain('{"error":{')
  }
  server.close()
})

test('a reference picture of 30,000 x 30,000 pixels in 20 KB is not decoded: only its size is read', async () => {
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)])
  }
  const head = Buffer.from('00007530000075300800000000', 'hex')
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(19_000_000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
  expect(png.length).toBeLessThan(20_000)
  const url = `data:image/png;base64,${png.toString('base64')}`
  const [memory, started] = [process.memoryUsage.rss(), performance.now()]
  const { status, headers } = await ask(mock, {
    model: 'flux-kontext-pro',
    body: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'bluer' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    },
  })
  expect([status, headers.get('x-mock-note')]).toEqual([200, null])
  expect(performance.now() - started).toBeLessThan(2000)
  expect(process.memoryUsage.rss() - memory, 'decoding would take 900 MB').toBeLessThan(200_000_000)
})

test('reads the size of a reference picture only in its first 256 KiB', async () => {
  const segment = (marker: number, data: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data])
  const jpegWithSizeAfter = (bytes: number): string => {
    const size = Buffer.from('0801000100', 'hex') // 256x256
    const comments = Array.from({ length: bytes / 65_536 }, () => segment(0xfe, Buffer.alloc(65_532)))
    const jpeg = [Buffer.from('ffd8', 'hex'), segment(0xe0, Buffer.from('JFIF\0')), ...comments, segment(0xc0, size)]
    return `data:image/jpeg;base64,${Buffer.concat([...jpeg, Buffer.alloc(1000)]).toString('base64')}`
  }
  const statusOf = async (url: string): Promise<number> => {
    const content = [{ type: 'image_url', image_url: { url } }]
    return (await ask(mock, { model: 'flux-kontext-pro', body: { messages: [{ role: 'user', content }] } })).status
  }
  expect(await statusOf(jpegWithSizeAfter(3 * 65_536))).toBe(200)
  expect(await statusOf(jpegWithSizeAfter(4 * 65_536))).toBe(400)
})

test('a mock listens on 127.0.0.1 by default', () => {
  expect(mock.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('no request makes the mock open a connection, and a test that opens one fails', async () => {
  await using inProcess = await createMock({ publicUrl: 'http://pictures.example' })
  const connecting = vi.spyOn(net.Socket.prototype, 'connect')
  const looking = vi.spyOn(dns, 'lookup')
  const url = 'https://far.example/a.png'
  for (const body of [
    { messages: [{ role: 'user', content: `${url} and a hat` }] },
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
    { messages: [{ role: 'user', content: [{ type: 'file_url', file_url: { url } }] }], stream: true },
    {
      messages: [
        { role: 'assistant', content: `![a](${url})` },
        { role: 'user', content: 'With a hat' },
      ],
    },
    { model: 'nano-banana', messages: [{ role: 'user', content: 'A fox' }] },
  ]) {
    const { status, content } = await ask(inProcess, { body })
    expect(status).toBe(200)
    for (const [link] of content.matchAll(/http:\/\/pictures\.example[^)\s]+/g))
      await (await inProcess.fetch(link)).arrayBuffer()
  }
  for (const path of [
    '/openapi.json',
    '/__mock/health',
    '/__mock/coverage',
    '/__mock/exchanges',
    '/http://far.example/',
  ])
    await (await inProcess.fetch(path)).arrayBuffer()
  expect([connecting.mock.calls, looking.mock.calls]).toEqual([[], []])
  expect(() => connect(80, '192.0.2.1')).toThrow('192.0.2.1 is not this machine: tests must not use the network')
  await expect(fetch('http://far.example')).rejects.toMatchObject({
    cause: { message: expect.stringContaining('not this machine') },
  })
  vi.restoreAllMocks()
})

test('caches 250 chat requests of at most 4,096 bytes', async () => {
  const readChat = createChatReader(await toSettings({}))
  const read = (content: string): unknown => {
    const body = { model: 'flux', messages: [{ role: 'user', content }] }
    return readChat({ bytes: Buffer.from(JSON.stringify(body)), body, base: 'http://a', created: 0, pace: 0 })
  }
  const bytesAround = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: '' }] }).length
  const [longest, longer] = ['x'.repeat(4096 - bytesAround), 'x'.repeat(4097 - bytesAround)]
  expect(read(longest)).toBe(read(longest))
  expect(read(longer)).not.toBe(read(longer))
  const first = read('0')
  for (let i = 1; i < 250; i++) read(String(i))
  expect(read('0'), 'one of the last 250').toBe(first)
  for (let i = 250; i < 500; i++) read(String(i))
  expect(read('0'), 'the least recently used are evicted').not.toBe(first)
})

// Runs in another process, because this one has the key in memory. It searches all strings of its heap.
const SEARCHING = `
import { startMock } from 'chat-image-mock'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { getHeapSnapshot } from 'node:v8'

const mock = await startMock()
console.log(mock.url)
await once(process.stdin, 'data')
const strings = await text(getHeapSnapshot())
console.log(['sk-planted[A-Z]{30}', 'plain-planted[A-Z]{30}'].map((form) => new RegExp(form).test(strings)).join())
await mock.close()
process.exit()
`

test('the API key of a recorded request is not in memory, even while the connection is open', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SEARCHING], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const nextLine = async (): Promise<string> => String((await once(child.stdout, 'data'))[0]).trim()
  const socket = connect(Number(new URL(await nextLine()).port), '127.0.0.1')
  const letters = 'QZ'.repeat(15)
  const body = '{"model":"flux","messages":[{"role":"user","content":"a fox"}]}'
  socket.write(
    `${POST}Authorization: Bearer sk-planted${letters}\r\nX-Plain: plain-planted${letters}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /)
  const found = nextLine()
  child.stdin.write('\n')
  expect(await found, 'whether the key and another header are found').toBe('false,true')
  socket.destroy()
})
