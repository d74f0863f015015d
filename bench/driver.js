// @ts-check
// Puts load on a server with node:http, on connections that are kept, and prints the answers a second.
import { Agent, request as httpRequest } from 'node:http'
import { headersOf } from './ask.js'

/** @type {import('./load.js').Load} */
const { question, connections, seconds } = JSON.parse(process.argv[2] ?? '')
const { url, body } = question
const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const options = { agent, method: body === undefined ? 'GET' : 'POST', headers: { ...headersOf(question), ...length } }
const started = performance.now()
let answers = 0

/** @returns {Promise<void>} */
const askOnce = async () =>
  new Promise((resolve, reject) => {
    const request = httpRequest(url, options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`))
      response.once('end', resolve).resume()
    })
    request.once('error', reject).end(body)
  })

const askOn = async () => {
  while (performance.now() - started < seconds * 1000) {
    await askOnce()
    answers++
  }
}

await Promise.all(Array.from({ length: connections }, askOn))
process.stdout.write(`${(answers * 1000) / (performance.now() - started)}\n`)
agent.destroy()
