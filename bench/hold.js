// @ts-check
// Whether thousands of paced streams that are open at the same time each get all of their steps, in order.
import { createHash } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMock } from 'chat-image-mock'
import { ask, chatQuestion, headersOf } from './ask.js'

/** Of the real model's time: the shortest stream, of some ten seconds, is still open when the last one has begun. */
const PACE = '1'
/** How many are asked for at a time, so that no connection is refused. */
const RAMP = 100
const PATIENCE = 300_000
const PINGS = /^: PING\n\n/gm

/**
 * Asks for that many streams, waits until all have ended, and compares each with what a mock in this process says at once.
 * @param {string} url
 * @param {number} count
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function holdStreams(url, count) {
  const questions = Array.from({ length: count }, (_, i) =>
    chatQuestion(url, { prompt: `A red fox in the snow, no ${i}`, stream: true }),
  )
  const expected = await foresee(url, questions)
  const agent = new Agent({ maxSockets: count })
  const over = new AbortController()
  const watching = mostOpen(url, over.signal)
  const streams = []
  for (const [i, question] of questions.entries()) {
    streams.push(read(question, agent).then((digest) => digest === expected[i]))
    if (i % RAMP === 0) await sleep(10)
  }
  const whole = (await Promise.all(streams)).filter(Boolean).length
  over.abort()
  agent.destroy()
  return [
    { name: 'paced streams that were open at once', ours: await watching, least: count },
    { name: 'of those that got all of their steps in order', ours: whole, least: count },
  ]
}

/**
 * A digest of each answer.
 * @param {string} publicUrl
 * @param {readonly import('./ask.js').Question[]} questions
 */
async function foresee(publicUrl, questions) {
  const mock = await createMock({ publicUrl })
  const digests = []
  for (const question of questions) {
    const response = await mock.fetch(question.url, {
      method: 'POST',
      headers: headersOf(question),
      body: question.body ?? '',
    })
    digests.push(digestOf(await response.text()))
  }
  await mock.close()
  return digests
}

/** @param {string} text */
function digestOf(text) {
  return createHash('sha256').update(text.replaceAll(PINGS, '')).digest('hex')
}

/**
 * A stream to its end, as a digest; undefined where it breaks off.
 * @param {import('./ask.js').Question} question
 * @param {Agent} agent
 * @returns {Promise<string | undefined>}
 */
async function read(question, agent) {
  const { url, body = '' } = question
  const headers = { ...headersOf(question), 'x-mock-pace': PACE, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const asking = httpRequest(url, { agent, method: 'POST', headers, timeout: PATIENCE }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.once('end', () => resolve(digestOf(text))).once('error', () => resolve(undefined))
    })
    asking.once('timeout', () => asking.destroy()).once('error', () => resolve(undefined))
    asking.end(body)
  })
}

/**
 * How many streams a mock said were open at most, until it is over.
 * @param {string} url
 * @param {AbortSignal} over
 */
async function mostOpen(url, over) {
  let most = 0
  while (!over.aborted) {
    const { body } = await ask({ url: `${url}/__mock/metrics` })
    most = Math.max(most, Number(/^chat_image_mock_open_streams (\d+)/m.exec(body.toString('utf8'))?.[1]))
    await sleep(100)
  }
  return most
}
