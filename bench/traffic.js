// @ts-check
// The requests of several test suites that use one mock at the same time, among them clients that disconnect.
import { Agent, request as httpRequest } from 'node:http'
import { send } from './load.js'
import { noise } from './measure.js'

/** Milliseconds until a client gives up; the second with a scenario, which may never respond, and with a disconnect. */
const [PATIENCE, IMPATIENCE] = [30_000, 1500]
const MODELS = [
  'gpt-4o-image',
  'gpt-image-1',
  'sora_image',
  'dall-e-3',
  'flux',
  'flux-kontext-pro',
  'nano-banana',
  'recraftv3',
  'qwen-image',
  'doubao-seedream-3-0-t2i-250415',
]
const PROMPTS = [
  'A red fox in the snow',
  'A lighthouse at night, oil on canvas',
  '一只在竹林里睡觉的小熊猫，水彩画',
  'Cup of tea 3:2',
  'two images of a harbour',
]
const CONTROL_PATHS = [
  '/__mock/health',
  '/__mock/metrics',
  '/__mock/coverage',
  '/__mock/exchanges?limit=20',
  '/__mock/scenarios',
  '/v1/models',
  '/openapi.yaml',
  '/openapi.json',
]
/** The maximum number of links that a client keeps. */
const LINKS = 500
const IMAGE = await noise(274)

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {string} [method]
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {'request' | 'response'} [disconnect] in the middle of the request, or at the first byte of the response
 * @property {number} [patience] milliseconds
 *
 * @typedef {object} Client
 * @property {(bound: number) => number} random a whole number from 0, below the bound
 * @property {string[]} links to pictures, found in responses
 * @property {string[]} scenarios
 * @property {(request: Request, statuses?: readonly number[]) => Promise<string>} expect sends a request; another status or an
 * incomplete response is a fault
 * @property {(request: Request) => Promise<unknown>} attempt sends a request; any outcome is accepted
 *
 * @typedef {(client: Client) => Promise<unknown>} Action
 */

/**
 * @template T
 * @param {Client} client
 * @param {readonly T[]} list
 */
function pick(client, list) {
  const picked = list[client.random(list.length)]
  if (picked === undefined) throw new Error('the list is empty')
  return picked
}

/**
 * A chat request for any model. Every second prompt is new.
 * @param {Client} client
 * @param {object} [more] members of its body
 * @param {Record<string, string>} [headers]
 * @returns {Request}
 */
function chat(client, more = {}, headers = {}) {
  const content = pick(client, PROMPTS) + (client.random(2) === 0 ? ` no ${client.random(1e9)}` : '')
  return {
    path: '/v1/chat/completions',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer sk-soak-${client.random(20)}`,
      ...headers,
    },
    body: JSON.stringify({ model: pick(client, MODELS), messages: [{ role: 'user', content }], ...more }),
  }
}

/** @type {Action} */
const chatJson = async (client) => {
  const text = await client.expect(chat(client))
  for (const [, path = ''] of text.matchAll(/\]\(https?:\/\/[^/)]+(\/cdn\/[^)]+)\)/g)) {
    client.links.push(path)
    if (client.links.length > LINKS) client.links.splice(client.random(LINKS), 1)
  }
}

/** @type {Action} */
const chatStream = async (client) =>
  client.expect(chat(client, { stream: true }, { 'x-mock-pace': client.random(4) === 0 ? '0.02' : '0' }))

/** @type {Action} */
const fetchPicture = async (client) => {
  if (client.links.length > 0)
    await client.expect({ path: pick(client, client.links), method: client.random(5) === 0 ? 'HEAD' : 'GET' })
}

/** @type {Action} */
const sendImage = async (client) => {
  const url = client.random(2) === 0 ? IMAGE : IMAGE.replace(/.{4}$/, `${client.random(10)}AAA`)
  const content = [
    { type: 'text', text: pick(client, PROMPTS) },
    { type: 'image_url', image_url: { url } },
  ]
  await client.expect(chat(client, { model: 'flux-kontext-pro', messages: [{ role: 'user', content }] }))
}

/** @type {Action} */
const sendWrongRequest = async (client) => {
  const request = chat(client)
  const wrong = [
    { ...request, body: '{"model":' },
    { ...request, body: '{}' },
    { ...request, path: '/v1/nothing' },
    { ...request, method: 'PUT' },
    { ...request, headers: { 'content-type': 'text/plain' } },
    { path: '/cdn/1abc/def.png' },
  ]
  await client.expect(pick(client, wrong), [400, 404, 405, 415])
}

/** @type {Action} */
const requestScenario = async (client) => {
  const headers = { 'x-mock-scenario': pick(client, client.scenarios) }
  await client.attempt({ ...chat(client, { stream: client.random(2) === 0 }, headers), patience: IMPATIENCE })
}

/** @type {Action} */
const disconnect = async (client) => {
  const request = chat(client, { stream: true }, { 'x-mock-pace': '0.1' })
  const place = client.random(2) === 0 ? 'request' : 'response'
  await client.attempt({ ...request, disconnect: place, patience: IMPATIENCE })
}

/** @type {Action} */
const script = async (client) => {
  const headers = { 'x-mock-session': `soak-${client.random(1e9)}`, 'content-type': 'application/json' }
  const body = '{"scenario":"limit-rate","times":2}'
  await client.expect({ path: '/__mock/script', method: 'POST', headers, body })
  for (const status of [429, 429, 200]) await client.expect({ ...chat(client), headers }, [status])
  await client.expect({ path: '/__mock/exchanges', headers })
  await client.expect({ path: '/__mock/reset', method: 'POST', headers, body: '{}' })
}

/** @type {Action} */
const inspect = async (client) => client.expect({ path: pick(client, CONTROL_PATHS) })

/**
 * The actions, and how often each is chosen, relative to the others.
 * @type {readonly (readonly [share: number, Action])[]}
 */
const SHARES = [
  [30, chatJson],
  [25, chatStream],
  [15, fetchPicture],
  [3, sendImage],
  [8, sendWrongRequest],
  [8, requestScenario],
  [6, disconnect],
  [2, script],
  [1, inspect],
]
const ACTIONS = SHARES.flatMap(([share, action]) => Array.from({ length: share }, () => action))

/**
 * Clients of a mock, one per connection. The seed determines the order of their requests.
 * @param {string} url
 * @param {{ connections: number, seed: number }} options
 */
export async function createTraffic(url, { connections, seed }) {
  const { body } = await send({ url: `${url}/__mock/scenarios` })
  /** @type {string[]} */
  const scenarios = JSON.parse(body.toString('utf8')).scenarios.map((/** @type {{ name: string }} */ { name }) => name)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const counts = { requests: 0, hungUp: 0, scenarios: 0, faults: /** @type {string[]} */ ([]) }

  /**
   * @param {number} state of its random numbers
   * @returns {Client}
   */
  const createClient = (state) => ({
    random: (bound) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    },
    links: [],
    scenarios,
    expect: async (request, statuses = [200]) => {
      counts.requests++
      const { status, text, fault } = await exchange(url, agent, request)
      const isStream = request.body?.includes('"stream":true') === true && status === 200
      if (!statuses.includes(status) || (isStream && !text.endsWith('data: [DONE]\n\n')))
        counts.faults.push(`${request.method ?? 'GET'} ${request.path}: ${status} ${fault ?? text.slice(0, 300)}`)
      return text
    },
    attempt: async (request) => {
      counts.requests++
      if (request.disconnect === undefined) counts.scenarios++
      else counts.hungUp++
      await exchange(url, agent, request)
    },
  })

  /** @param {number} seconds */
  const run = async (seconds) => {
    const end = performance.now() + seconds * 1000
    const runClient = async (/** @type {Client} */ client) => {
      while (performance.now() < end) await pick(client, ACTIONS)(client)
    }
    await Promise.all(Array.from({ length: connections }, async (_, i) => runClient(createClient(seed * 10_000 + i))))
  }
  return { counts, run, close: () => agent.destroy() }
}

/**
 * Sends a request and reads its response. The status is 0 if there is no complete response.
 * @param {string} url
 * @param {Agent} agent
 * @param {Request} request
 * @returns {Promise<{ status: number, text: string, fault?: string }>}
 */
async function exchange(
  url,
  agent,
  { path, method = 'GET', headers = {}, body, disconnect: place, patience = PATIENCE },
) {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = httpRequest(url + path, { agent, method, headers: { ...headers, ...length } }, (response) => {
      const status = response.statusCode ?? 0
      let text = ''
      response.setEncoding('latin1').on('data', (part) => (text += part))
      response.once('end', () => resolve({ status, text }))
      response.once('error', ({ message: fault }) => resolve({ status: 0, text, fault }))
      response.once('close', () => resolve({ status: 0, text, fault: 'closed' }))
      if (place === 'response') response.once('data', () => response.destroy())
    })
    const timer = setTimeout(() => sent.destroy(new Error('no response in time')), patience)
    sent.once('error', ({ message: fault }) => resolve({ status: 0, text: '', fault }))
    sent.once('close', () => clearTimeout(timer))
    if (place === 'request') {
      sent.write(body?.slice(0, 20))
      setTimeout(() => sent.destroy(), 20)
    } else sent.end(body)
  })
}
