// @ts-check
// Many paced streams at once: measures how late each frame is, and checks that each stream is complete. The client
// reads bare sockets, so that the client itself is not late.
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { createMock } from 'chat-image-mock'
import { chatRequest, headersOf } from './load.js'

const END = '\r\n0\r\n\r\n'
/** The longest duration of a stream at the pace of the real models. */
const LONGEST = 300

/**
 * @typedef {object} Expected
 * @property {string} text
 * @property {number[]} due milliseconds from the request to each frame
 */

/**
 * Opens streams with different prompts at the pace of the real models, all within about a second, and reads them.
 * Fails if frames that were due did not come.
 * @param {string} url
 * @param {number} count
 * @param {number} [seconds] time to read; by default until all have ended
 * @returns {Promise<{ late: number[], mostOpen: number, complete: number }>} the lateness of each frame in
 * milliseconds, how many streams were open at once, and how many had the expected text
 */
export async function readPaced(url, count, seconds = LONGEST) {
  const requests = Array.from({ length: count }, (_, i) =>
    chatRequest(url, { prompt: `A red fox in the snow, no ${i}`, stream: true }),
  )
  const expected = await expect(url, requests)
  const result = { late: /** @type {number[]} */ ([]), open: 0, mostOpen: 0, complete: 0 }
  const streams = []
  for (const [i, request] of requests.entries())
    streams.push(await connect(request, expected[i] ?? { text: '', due: [] }, result))
  const perMillisecond = Math.ceil(count / 1000)
  for (const [i, { begin }] of streams.entries()) {
    begin()
    if (i % perMillisecond === 0) await sleep(1)
  }
  const over = sleep(seconds * 1000, undefined, { ref: false })
  await Promise.race([over, Promise.all(streams.map(async ({ ended }) => ended))])
  for (const { socket } of streams) socket.destroy()
  const due = expected.flatMap((each) => each.due).filter((ms) => ms < (seconds - 1) * 1000).length
  if (result.late.length < due) throw new Error(`${due} frames were due, ${result.late.length} were received`)
  return result
}

/**
 * The expected streams, from a mock in this process whose delays take no time.
 * @param {string} publicUrl
 * @param {readonly (import('./load.js').Request)[]} requests
 */
async function expect(publicUrl, requests) {
  let now = 0
  const timer = async (/** @type {number} */ ms) => {
    await turn() // the frame before this wait is read first
    now += ms
  }
  const mock = await createMock({ pace: 'real', publicUrl, timer })
  /** @type {Expected[]} */
  const all = []
  for (const request of requests) {
    now = 0
    const init = { method: 'POST', headers: headersOf(request), body: request.body ?? '' }
    const { body } = await mock.fetch(request.url, init)
    const decoder = new TextDecoder()
    /** @type {Expected} */
    const stream = { text: '', due: [] }
    for await (const chunk of body ?? []) {
      const part = decoder.decode(chunk, { stream: true })
      stream.text += part
      stream.due.push(...Array.from(part.matchAll(/\n\n/g), () => now))
    }
    all.push(stream)
  }
  await mock.close()
  return all
}

/**
 * Connects a socket, on which `begin` sends the request. Adds what it receives to the result.
 * @param {import('./load.js').Request} request
 * @param {Expected} expected
 * @param {{ late: number[], open: number, mostOpen: number, complete: number }} result
 */
async function connect(request, { text, due }, result) {
  const { hostname, port, pathname, host } = new URL(request.url)
  const body = request.body ?? ''
  const headers = { host, ...headersOf(request), 'x-mock-pace': 'real', 'content-length': Buffer.byteLength(body) }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = createConnection({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  let [sent, received, frames, read] = [0, '', 0, 0]
  const ended = new Promise((resolve) => {
    socket.setEncoding('utf8').on('data', (part) => {
      const now = performance.now() - sent
      if (received === '') result.mostOpen = Math.max(result.mostOpen, ++result.open)
      received += part
      for (let at = received.indexOf('\n\n', read); at >= 0; at = received.indexOf('\n\n', read)) {
        read = at + 2
        result.late.push(now - (due[frames++] ?? 0))
      }
      if (!received.endsWith(END)) return
      if (withoutFraming(received) === text) result.complete++
      socket.destroy()
    })
    socket
      .once('error', () => {})
      .once('close', () => {
        if (received !== '') result.open--
        resolve(undefined)
      })
  })
  const begin = () => {
    sent = performance.now()
    socket.write(`POST ${pathname} HTTP/1.1\r\n${head.join('')}\r\n${body}`)
  }
  return { socket, begin, ended }
}

/**
 * The body of a chunked HTTP/1.1 response.
 * @param {string} received
 */
function withoutFraming(received) {
  return received.slice(received.indexOf('\r\n\r\n') + 2).replaceAll(/\r\n[\da-f]+\r\n(?:\r\n$)?/gi, '')
}
