// @ts-check
// Puts load on a server with node:http over kept connections, and prints a Loaded as JSON.
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { bodyOf, headersOf } from './load.js'
import { p99 } from './table.js'

/** @type {import('./load.js').Load & { first: number }} */
const { request, connections, seconds, first } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const options = { agent, method: request.body === undefined ? 'GET' : 'POST', headers: headersOf(request) }
const started = performance.now()
/** @type {number[]} */
const times = []
let sent = first

/** @returns {Promise<void>} */
const send = async () =>
  new Promise((resolve, reject) => {
    const sending = httpRequest(request.url, options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${request.url}: ${response.statusCode}`))
      response.once('end', resolve).resume()
    })
    sending.once('error', reject).end(bodyOf(request.body, ++sent))
  })

const sendUntilOver = async () => {
  while (performance.now() - started < seconds * 1000) {
    const before = performance.now()
    await send()
    times.push(performance.now() - before)
  }
}

await Promise.all(Array.from({ length: connections }, sendUntilOver))
const rate = (times.length * 1000) / (performance.now() - started)
process.stdout.write(`${JSON.stringify({ count: times.length, rate, p99: p99(times) })}\n`)
agent.destroy()
