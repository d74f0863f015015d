// @ts-check
// Whether the steps of many streams at once come when they are due. The client reads bare sockets: it must not be what is late.
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMock } from 'chat-image-mock'
import { chatQuestion, headersOf } from './ask.js'

const STREAMS = 1000
const SECONDS = 20

/**
 * @typedef {object} Frame
 * @property {number} due milliseconds from the request to its arrival
 * @property {number} end how many bytes of the body have then come
 */

/**
 * Steps of streams at their real pace, of which no two are alike: how late they come.
 * @param {import('./measure.js').Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measurePaced({ ours: { url } }) {
  const questions = Array.from({ length: STREAMS }, (_, i) =>
    chatQuestion(url, { prompt: `A red fox in the snow, no ${i}`, stream: true }),
  )
  const expected = await foresee(url, questions)
  /** @type {number[]} */
  const late = []
  const listeners = await Promise.all(questions.map(async (question, i) => listen(question, expected[i] ?? [], late)))
  for (const { ask } of listeners) {
    ask()
    await sleep(1)
  }
  await sleep(SECONDS * 1000)
  for (const { socket } of listeners) socket.destroy()
  const sorted = late.toSorted((a, b) => a - b)
  const due = expected.flat().filter((frame) => frame.due < (SECONDS - 1) * 1000).length
  if (sorted.length < due) throw new Error(`of ${due} steps that were due ${sorted.length} came`)
  return [
    {
      name: `p99 lateness of the steps of ${STREAMS} streams, ms`,
      ours: sorted[Math.ceil(sorted.length * 0.99) - 1],
      most: 20,
    },
  ]
}

/**
 * The Frames of each answer, as a mock in this process tells them that waits for nothing.
 * @param {string} publicUrl
 * @param {readonly import('./ask.js').Question[]} questions
 */
async function foresee(publicUrl, questions) {
  /** @type {number[]} */
  let waits = []
  const mock = await createMock({ pace: 'real', publicUrl, timer: async (ms) => void waits.push(ms) })
  /** @type {Frame[][]} */
  const all = []
  for (const question of questions) {
    waits = []
    const response = await mock.fetch(question.url, {
      method: 'POST',
      headers: headersOf(question),
      body: question.body ?? '',
    })
    /** @type {number[]} */
    const lengths = []
    for await (const { length } of response.body ?? []) lengths.push(length.toString(16).length + 2 + length + 2) // as HTTP/1.1 frames a chunk
    if (lengths.length !== waits.length) throw new Error(`${lengths.length} frames and ${waits.length} waits`)
    let [due, end] = [0, 0]
    all.push(lengths.map((length, i) => ({ due: (due += waits[i] ?? 0), end: (end += length) })))
  }
  await mock.close()
  return all
}

/**
 * Connects a socket on which can be asked; it notes how late each Frame is whole.
 * @param {import('./ask.js').Question} question
 * @param {readonly Frame[]} frames
 * @param {number[]} late
 */
async function listen(question, frames, late) {
  const { hostname, port, pathname } = new URL(question.url)
  const { body = '' } = question
  const lines = Object.entries({
    host: `${hostname}:${port}`,
    ...headersOf(question),
    'x-mock-pace': 'real',
    'content-length': Buffer.byteLength(body),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = createConnection({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  let asked = 0
  let bytes = 0
  let isHead = true
  let next = 0
  socket.on('data', (chunk) => {
    const now = performance.now() - asked
    bytes += isHead ? chunk.length - (chunk.indexOf('\r\n\r\n') + 4) : chunk.length
    isHead = false
    for (let frame = frames[next]; frame !== undefined && bytes >= frame.end; frame = frames[++next])
      late.push(now - frame.due)
  })
  const ask = () => {
    asked = performance.now()
    socket.write(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  }
  return { socket, ask }
}
