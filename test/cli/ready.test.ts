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

/** A server at the mock's address. */
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

test('ends with exit code 0 and no output if the mock of the same flags and variables is ready', async () => {
  await using mock = await startMock()
  const { port } = new URL(mock.url)
  expect(await ready(['--port', port])).toEqual(isReady)
  expect(await ready([], { PORT: port })).toEqual(isReady)
  expect(await ready(['--port', port], { PORT: '1', MOCK_ERRORS: 'gateway', MOCK_API_KEY: 'one' })).toEqual(isReady)
})

test.each(['0.0.0.0', '::'])('checks 127.0.0.1 if the mock listens on all addresses: %s', async (host) => {
  await using mock = await startMock()
  expect(await ready([], { HOST: host, PORT: new URL(mock.url).port })).toEqual(isReady)
})

test('checks the mock at a URL', async () => {
  await using mock = await startMock({ controlToken: 'token', apiKeys: ['key'] })
  expect(await ready([mock.url])).toEqual(isReady)
  expect(await ready([`${mock.url}/`], { PORT: '1' })).toEqual(isReady)
  expect(await ready([`${mock.url}/v1`])).toEqual(
    isNot(`${mock.url}/v1 is a path of a mock. Connect to ${mock.url} instead.`),
  )
  expect(await ready([mock.url.replace('http:', 'https:')])).toEqual(
    isNot('no mock is ready at https://127.0.0.1:\\d+ after 0 s: .*(?:SSL|EPROTO).*'),
  )
})

test('reports in one line why the mock is not ready', async () => {
  const closed = await serve(saying(200))
  await closed[Symbol.asyncDispose]()
  expect(await ready(['--port', closed.port])).toEqual(
    isNot(`no mock is ready at ${closed.url} after 0 s: connect ECONNREFUSED 127.0.0.1:${closed.port}`),
  )
  expect(await ready(['--host', '::1', '--port', closed.port])).toEqual(
    isNot(`no mock is ready at http://\\[::1\\]:${closed.port} after 0 s: connect .*`),
  )
  await using starting = await serve(saying(503, '0.1.0'))
  expect(await ready([starting.url])).toEqual(
    isNot(`no mock is ready at ${starting.url} after 0 s: GET ${starting.url}/__mock/readyz returned 503`),
  )
  await using silent = await serve(() => {})
  expect(await ready([silent.url])).toEqual(
    isNot(`no mock is ready at ${silent.url} after 0 s: no response within 2 s`),
  )
})

test('--wait checks again until the mock is ready', async () => {
  let requests = 0
  await using starting = await serve((request, response) => {
    expect(request.url).toBe('/__mock/readyz')
    requests++
    saying(requests < 4 ? 503 : 200, '0.1.0')(request, response)
  })
  expect(await ready(['--wait', '3600', '--port', starting.port])).toEqual(isReady)
  expect(requests).toBe(4)
})

test('--wait and MOCK_WAIT end after that number of seconds', async () => {
  await using starting = await serve(saying(503, '0.1.0'))
  expect(await ready(['--wait', '0.2', starting.url])).toEqual(
    isNot(`no mock is ready at ${starting.url} after 0.2 s: .*`),
  )
  expect(await ready([starting.url], { MOCK_WAIT: '0.3' })).toEqual(
    isNot(`no mock is ready at ${starting.url} after 0.3 s: .*`),
  )
})

test('does not wait for another server, but waits for a mock behind a proxy that returns 502', async () => {
  await using other = await serve(saying(200))
  expect(await ready(['--wait', '3600', other.url])).toEqual(
    isNot(`GET ${other.url}/__mock/readyz returned 200, but not from chat-image-mock`),
  )
  let requests = 0
  await using proxy = await serve((request, response) =>
    (requests++ === 0 ? saying(502) : saying(200, '0.1.0'))(request, response),
  )
  expect(await ready(['--wait', '3600', proxy.url])).toEqual(isReady)
})

test('a server that switches protocols is not a mock', async () => {
  await using other = await serve(
    (_request, response) =>
      void response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
  )
  expect(await ready(['--wait', '3600', other.url])).toEqual(
    isNot(`GET ${other.url}/__mock/readyz returned 101, but not from chat-image-mock`),
  )
})

test.each([
  [['--wait', '3601'], "--wait: '3601' is not valid. Use a number of seconds from 0 to 3600."],
  [['--wait=-1'], "--wait: '-1' is not valid. Use a number of seconds from 0 to 3600."],
  [['--wait', 'long'], "--wait: 'long' is not valid. Use a number of seconds from 0 to 3600."],
  [['--port', '0'], 'ready: port 0 is any free port. Use the URL that the mock printed: chat-image-mock ready URL'],
  [['http://127.0.0.1:1', 'http://127.0.0.1:2'], 'ready takes one argument. Usage: chat-image-mock ready [URL]'],
  [
    ['127.0.0.1:4010'],
    'ready: not a valid URL of a mock. Use a URL such as http://localhost:4010, without credentials, query and fragment.',
  ],
  [
    ['http://user:secret@127.0.0.1:4010'],
    'ready: not a valid URL of a mock. Use a URL such as http://localhost:4010, without credentials, query and fragment.',
  ],
])('reports a mistake in one line, without a password: %j', async (args, message) => {
  expect(await ready(args)).toEqual({ code: 1, stdout: '', stderr: `chat-image-mock: ${message}\n` })
})
