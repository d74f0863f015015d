// @ts-check
import { writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'

const PATIENCE = 10_000
const agent = new Agent({ keepAlive: true })
// Node adds these itself.
const OF_NODE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

/**
 * @typedef {object} Question what is asked of a server: a POST where there is a body
 * @property {string} url
 * @property {string} [body]
 * @property {boolean} [isCounted] whether each time it is asked a number stands in place of the # in its body
 */

/**
 * @typedef {object} Answer an answer as the floor gives it again
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string[]} pieces one write each; base64 where binary
 * @property {boolean} isBinary
 */

/**
 * The headers of a question, as the clients of OpenAI send them.
 * @param {Question} question
 * @returns {Record<string, string>}
 */
export function headersOf({ body }) {
  return body === undefined
    ? {}
    : { 'content-type': 'application/json', accept: 'application/json', authorization: 'Bearer sk-bench' }
}

/**
 * The question for a picture: gpt-4o-image answers with the log of a task, the longest of the styles.
 * @param {string} base
 * @param {{ prompt?: string, stream?: boolean, picture?: string }} [options] the picture is a data URI
 * @returns {Question}
 */
export function chatQuestion(base, { prompt = 'A red fox in the snow, at dawn', stream = false, picture } = {}) {
  const content =
    picture === undefined
      ? prompt
      : [
          { type: 'text', text: prompt },
          { type: 'image_url', image_url: { url: picture } },
        ]
  const body = JSON.stringify({ model: 'gpt-4o-image', stream, messages: [{ role: 'user', content }] })
  return { url: `${base}/v1/chat/completions`, body }
}

/**
 * Asks once; anything but a 200 is an error.
 * @param {Question} question
 * @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: Buffer }>}
 */
export async function ask(question) {
  const { url, body } = question
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const options = {
    agent,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headersOf(question), ...length },
    timeout: PATIENCE,
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, options, (response) => {
      /** @type {Buffer[]} */
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk)).once('error', reject)
      response.once('end', () => {
        const all = Buffer.concat(chunks)
        if (response.statusCode !== 200) return reject(new Error(`${url}: ${response.statusCode} ${all.toString()}`))
        resolve({ headers: response.headers, body: all })
      })
    })
    request.once('timeout', () => request.destroy(new Error(`${url}: no answer`))).once('error', reject)
    request.end(body)
  })
}

/**
 * Asks once and writes the answer into a file for the floor, cut into pieces; gives the file's name.
 * @param {string} folder
 * @param {Question} question
 * @param {'whole' | 'events' | 'binary'} cut
 */
export async function capture(folder, question, cut) {
  const { headers, body } = await ask(question)
  const text = body.toString(cut === 'binary' ? 'base64' : 'utf8')
  const pieces = cut === 'events' ? (text.match(/.+?\n\n/gs) ?? []) : [text]
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_NODE.has(name)))
  const file = join(folder, `answer-${Math.random().toString(36).slice(2)}.json`)
  writeFileSync(file, JSON.stringify({ status: 200, headers: kept, pieces, isBinary: cut === 'binary' }))
  return file
}
