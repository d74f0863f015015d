// @ts-check
// Requests: sending one, and putting load on a server with wrk or, without it, with bench/driver.js.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './processes.js'

const DRIVER = fileURLToPath(new URL('driver.js', import.meta.url))
const WRK = 'wrk'
const PATIENCE = 10_000
/** A place in a body where each request of a load has another number, so that no two requests are equal. */
const COUNTER = '############'
/** More requests than one load sends. */
const PER_LOAD = 10_000_000
/** @type {Readonly<Record<string, number>>} */
const MILLISECONDS = { us: 0.001, ms: 1, s: 1000 }

/** A prompt that differs in each request, and one that is always the same. */
export const [NEW, REPEATED] = [`A red fox in the snow, at dawn, no ${COUNTER}`, 'A red fox in the snow, at dawn']

/**
 * @typedef {object} Request a POST if it has a body, otherwise a GET
 * @property {string} url
 * @property {string} [body] with a COUNTER, or always the same
 *
 * @typedef {object} Load
 * @property {Request} request
 * @property {number} connections
 * @property {number} seconds
 *
 * @typedef {object} Loaded
 * @property {number} count responses
 * @property {number} rate responses per second
 * @property {number} p99 milliseconds that 99 of 100 responses took at most
 *
 * @typedef {(load: Load) => Promise<Loaded>} Loader puts load on a server; fails if a response is not a 200
 */

/**
 * A chat request. The model gpt-4o-image answers with a task log, the longest of the styles.
 * @param {string} base
 * @param {{ prompt?: string, stream?: boolean, image?: string }} [options] the image is a data URI
 * @returns {Request & { body: string }}
 */
export function chatRequest(base, { prompt = REPEATED, stream = false, image } = {}) {
  const parts = [
    { type: 'text', text: prompt },
    { type: 'image_url', image_url: { url: image } },
  ]
  const messages = [{ role: 'user', content: image === undefined ? prompt : parts }]
  return { url: `${base}/v1/chat/completions`, body: JSON.stringify({ model: 'gpt-4o-image', stream, messages }) }
}

/**
 * A data URI that differs in each request of a load. The bytes near its end change, which the mock does not decode.
 * @param {string} image a data URI in base64
 */
export function toNewImage(image) {
  const end = image.length - 60
  return image.slice(0, end) + COUNTER + image.slice(end + COUNTER.length)
}

/**
 * The body of the nth request of a load.
 * @param {string | undefined} body
 * @param {number} n
 */
export function bodyOf(body, n) {
  return body?.replaceAll(COUNTER, String(n).padStart(COUNTER.length, '0'))
}

/**
 * The headers of a request, as OpenAI's clients send them.
 * @param {Request} request
 * @returns {Record<string, string>}
 */
export function headersOf({ body }) {
  return body === undefined
    ? {}
    : { 'content-type': 'application/json', accept: 'application/json', authorization: 'Bearer sk-bench' }
}

const agent = new Agent({ keepAlive: true })

/**
 * Sends one request. Any response but a 200 is an error.
 * @param {Request} request
 * @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: Buffer }>}
 */
export async function send(request) {
  const { url } = request
  const body = bodyOf(request.body, 0)
  const options = { agent, method: body === undefined ? 'GET' : 'POST', headers: headersOf(request), timeout: PATIENCE }
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, options, (response) => {
      /** @type {Buffer[]} */
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk)).once('error', reject)
      response.once('end', () => {
        const all = Buffer.concat(chunks)
        if (response.statusCode === 200) resolve({ headers: response.headers, body: all })
        else reject(new Error(`${url}: ${response.statusCode} ${all.toString()}`))
      })
    })
    sent.once('timeout', () => sent.destroy(new Error(`${url}: no response`))).once('error', reject)
    sent.end(body)
  })
}

/** Whether wrk is installed. It needs a tenth of the CPU that a client in Node needs. */
export function hasWrk() {
  return spawnSync(WRK, ['-v'], { stdio: 'ignore', timeout: 5000 }).error === undefined
}

/**
 * Makes a Loader. Numbers in new requests continue from one load to the next, so no load repeats those of another.
 * @param {string} tool wrk or node
 * @param {string} folder for temporary files
 * @returns {Loader}
 */
export function createLoader(tool, folder) {
  const start = tool === 'wrk' ? runWrk : runDriver
  let loads = 0
  return async (load) => start({ ...load, first: ++loads * PER_LOAD }, folder)
}

/**
 * @param {Load & { first: number }} load
 * @param {string} folder
 * @returns {Promise<Loaded>}
 */
async function runWrk({ request, connections, seconds, first }, folder) {
  const script = join(folder, 'load.lua')
  writeFileSync(script, toLua(request, first))
  const args = ['-t1', '--latency', `-c${connections}`, `-d${seconds}s`, '-s', script, request.url]
  const text = await run(WRK, args, { timeout: (seconds + 10) * 1000 })
  const count = /^\s+(\d+) requests in /m.exec(text)?.[1]
  const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1]
  const [, p99, unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(text) ?? []
  if (count === undefined || rate === undefined || p99 === undefined || /Non-2xx|Socket errors/.test(text))
    throw new Error(`wrk on ${request.url}: ${text}`)
  return { count: Number(count), rate: Number(rate), p99: Number(p99) * (MILLISECONDS[unit] ?? Number.NaN) }
}

/**
 * A script for wrk. The text of a new request is joined around its number: formatting it each time would cost wrk more
 * than the floor has to do.
 * @param {Request} request
 * @param {number} first
 */
function toLua(request, first) {
  const headers = Object.entries(headersOf(request)).map(([name, value]) => `wrk.headers['${name}'] = '${value}'\n`)
  if (request.body === undefined) return headers.join('')
  const post = `${headers.join('')}wrk.method = 'POST'\nwrk.body = [==[${request.body}]==]\n`
  if (!request.body.includes(COUNTER)) return post
  return `${post}local parts, n = {}, ${first}
function init()
  for part in (wrk.format() .. '${COUNTER}'):gmatch('(.-)${COUNTER}') do parts[#parts + 1] = part end
end
function request()
  n = n + 1
  return table.concat(parts, ('%0${COUNTER.length}d'):format(n))
end
`
}

/**
 * @param {Load & { first: number }} load
 * @param {string} folder
 * @returns {Promise<Loaded>}
 */
async function runDriver(load, folder) {
  const file = join(folder, 'load.json')
  writeFileSync(file, JSON.stringify(load))
  return JSON.parse(await run(process.execPath, [DRIVER, file], { timeout: (load.seconds + 10) * 1000 }))
}
