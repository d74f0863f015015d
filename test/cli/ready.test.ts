import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'

const dist = resolve(import.meta.dirname, '../../dist')

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const ready = async (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((done) => {
    const options = { env: { PATH: process.env['PATH'], ...env }, timeout: 15_000 }
    execFile(process.execPath, [join(dist, 'cli.js'), 'ready', ...args], options, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })

const isReady: Ran = { code: 0, stdout: '', stderr: '' }
const isNot = (reason: unknown): Ran => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(`^chat-image-mock: ${String(reason)}\n$`),
})

/** A server in the mock's place. */
async function serve(
  answer: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; readonly port: string }> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const end = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  return { url: `http://127.0.0.1:${port}`, port: String(port), [Symbol.asyncDispose]: end }
}
const saying =
  (status: number, version?: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, version === undefined ? {} : { 'x-mock-version': version }).end()

test('says by its exit code alone that the mock is ready that the same flags and variables start', async () => {
  await using mock = await startMock()
  const { port } = new URL(mock.url)
  expect(await ready(['--port', port])).toEqual(isReady)
  expect(await ready([], { PORT: port })).toEqual(isReady)
  expect(await ready(['--port', port], { PORT: '1', MOCK_ERRORS: 'gateway', MOCK_API_KEY: 'one' })).toEqual(isReady)
})

test.each(['0.0.0.0', '::'])('asks this machine where the mock listens on all addresses: %s', async (host) => {
  await using mock = await startMock()
  expect(await ready([], { HOST: host, PORT: new URL(mock.url).port })).toEqual(isReady)
})

test('asks the mock at a URL', async () => {
  await using mock = await startMock({ controlToken: 'token', apiKeys: ['key'] })
  expect(await ready([mock.url])).toEqual(isReady)
  expect(await ready([`${mock.url}/`], { PORT: '1' })).toEqual(isReady)
  expect(await ready([`${mock.url}/v1`])).toEqual(isNot(`${mock.url}/v1 is a path of a mock; connect to ${mock.url}`))
  expect(await ready([mock.url.replace('http:', 'https:')])).toEqual(
    isNot('there is no mock ready at https://127.0.0.1:\\d+ after 0 s: .*(?:SSL|EPROTO).*'),
  )
})

test('says in one line why it is not ready', async () => {
  const closed = await serve(saying(200))
  await closed[Symbol.asyncDispose]()
  expect(await ready(['--port', closed.port])).toEqual(
    isNot(`there is no mock ready at ${closed.url} after 0 s: connect ECONNREFUSED 127.0.0.1:${closed.port}`),
  )
  expect(await ready(['--host', '::1', '--port', closed.port])).toEqual(
    isNot(`there is no mock ready at http://\\[::1\\]:${closed.port} after 0 s: connect .*`),
  )
  await using starting = await serve(saying(503, '0.1.0'))
  expect(await ready([starting.url])).toEqual(
    isNot(
      `there is no mock ready at ${starting.url} after 0 s: GET ${starting.url}/__mock/readyz is answered with 503`,
    ),
  )
  await using silent = await serve(() => {})
  expect(await ready([silent.url])).toEqual(
    isNot(`there is no mock ready at ${silent.url} after 0 s: no answer within 2 s`),
  )
})

test('--wait asks again until it is ready', async () => {
  let asked = 0
  await using starting = await serve((request, response) => {
    expect(request.url).toBe('/__mock/readyz')
    asked++
    saying(asked < 4 ? 503 : 200, '0.1.0')(request, response)
  })
  expect(await ready(['--wait', '3600', '--port', starting.port])).toEqual(isReady)
  expect(asked).toBe(4)
})

test('--wait and MOCK_WAIT are over after that many seconds', async () => {
  await using starting = await serve(saying(503, '0.1.0'))
  expect(await ready(['--wait', '0.2', starting.url])).toEqual(
    isNot(`there is no mock ready at ${starting.url} after 0.2 s: .*`),
  )
  expect(await ready([starting.url], { MOCK_WAIT: '0.3' })).toEqual(
    isNot(`there is no mock ready at ${starting.url} after 0.3 s: .*`),
  )
})

test('what is no mock is not waited for; a proxy that says so is', async () => {
  await using other = await serve(saying(200))
  expect(await ready(['--wait', '3600', other.url])).toEqual(
    isNot(`GET ${other.url}/__mock/readyz is answered with 200, and not by chat-image-mock`),
  )
  let asked = 0
  await using proxy = await serve((request, response) =>
    (asked++ === 0 ? saying(502) : saying(200, '0.1.0'))(request, response),
  )
  expect(await ready(['--wait', '3600', proxy.url])).toEqual(isReady)
})

test('what would speak something else than HTTP is no mock', async () => {
  await using other = await serve(
    (_request, response) =>
      void response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
  )
  expect(await ready(['--wait', '3600', other.url])).toEqual(
    isNot(`GET ${other.url}/__mock/readyz is answered with 101, and not by chat-image-mock`),
  )
})

test.each([
  [['--wait', '3601'], "--wait: '3601' is not allowed; give seconds from 0 to 3600"],
  [['--wait=-1'], "--wait: '-1' is not allowed; give seconds from 0 to 3600"],
  [['--wait', 'long'], "--wait: 'long' is not allowed; give seconds from 0 to 3600"],
  [['--port', '0'], 'ready: port 0 is any free one; give the address that the mock printed'],
  [
    ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    'ready takes one URL; write: chat-image-mock ready http://localhost:4010',
  ],
  [
    ['127.0.0.1:4010'],
    'ready: this is no URL of a mock; write it as http://localhost:4010, without credentials, query and fragment',
  ],
  [
    ['http://user:secret@127.0.0.1:4010'],
    'ready: this is no URL of a mock; write it as http://localhost:4010, without credentials, query and fragment',
  ],
])('a mistake is said in one line, and no password: %j', async (args, message) => {
  expect(await ready(args)).toEqual({ code: 1, stdout: '', stderr: `chat-image-mock: ${message}\n` })
})
