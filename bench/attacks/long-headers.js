// @ts-check
import { Agent, request } from 'node:http'

const REQUESTS = 30_000
const SESSIONS = 30
const CLIENTS = 16
const HEADERS = 14
const LENGTH = 1000

/** @type {import('../attacks.js').Attack} */
export default {
  title: '30,000 requests with 14 KB of headers, in 30 sessions',
  async run({ url }, scale) {
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    const count = REQUESTS * scale
    let next = 0
    const useMock = async () => {
      while (next < count) await sendOne(url, agent, next++)
    }
    await Promise.all(Array.from({ length: CLIENTS }, useMock))
    agent.destroy()
  },
}

/**
 * @param {string} url
 * @param {Agent} agent
 * @param {number} i number of the request
 */
async function sendOne(url, agent, i) {
  /** @type {Record<string, string>} */
  const headers = { 'x-mock-session': `session-${i % SESSIONS}` }
  // No two values are equal.
  for (let k = 0; k < HEADERS; k++) headers[`x-long-${k}`] = `${i}-${k} `.repeat(LENGTH).slice(0, LENGTH - 1) + k
  await new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/models`, { agent, headers }, (response) => {
      response.resume().once('end', resolve).once('error', reject)
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
    })
    sent.once('error', reject).end()
  })
}
