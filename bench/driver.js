// @ts-check
// Puts load on a server with node:http, on connections that are kept, and prints what came of it.
import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { headersOf } from './ask.js'

/** @type {import('./load.js').Load} */
const { question, connections, seconds } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const { url, isCounted } = question
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const options = { agent, method: question.body === undefined ? 'GET' : 'POST', headers: headersOf(question) }
const started = performance.now()
/** @type {number[]} */
const times = []
let asked = 0

/** @returns {Promise<void>} */
const askOnce = async () =>
  new Promise((resolve, reject) => {
    const request = httpRequest(url, options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`))
      response.once('end', resolve).resume()
    })
    const body = isCounted === true ? question.body?.replace('#', String(++asked)) : question.body
    request.once('error', reject).end(body) // in one piece: Node tells its length
  })

const askOn = async () => {
  while (performance.now() - started < seconds * 1000) {
    const before = performance.now()
    await askOnce()
    times.push(performance.now() - before)
  }
}

await Promise.all(Array.from({ length: connections }, askOn))
const rate = (times.length * 1000) / (performance.now() - started)
const p99 = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]
process.stdout.write(`${JSON.stringify({ rate, p99 })}\n`)
agent.destroy()
