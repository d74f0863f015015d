// @ts-check
// What a mock is asked when several suites use it at once: all that it answers, and clients that go away.
import { Agent, request as httpRequest } from 'node:http'
import { ask } from './ask.js'
import { noise } from './measure.js'

/** Milliseconds after which a client gives up; what stalls on request is hung up on sooner. */
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
/** Links at most whose pictures are asked for. */
const LINKS = 500
const PICTURE = await noise(274)

/**
 * @typedef {object} Told what came of it
 * @property {number} asked
 * @property {number} plain requests that no scenario shaped
 * @property {number} hungUp requests whose client went away
 * @property {string[]} faults answers that were not as they must be
 */

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {string} [method]
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 * @property {'request' | 'answer'} [hangUp] goes away in the middle of its body, or as soon as an answer begins
 * @property {number} [patience] milliseconds
 */

/**
 * @typedef {object} Client
 * @property {(bound: number) => number} number
 * @property {string[]} links
 * @property {string[]} scenarios
 * @property {(request: Request, statuses?: readonly number[]) => Promise<string>} expect asks; an answer of another status, or none, is a fault
 * @property {(request: Request) => Promise<unknown>} leave asks, and takes what comes
 */

/** @typedef {(client: Client) => Promise<unknown>} Habit */

/**
 * A chat request for any model.
 * @param {Client} client
 * @param {object} [more]
 * @returns {Request}
 */
function chat({ number }, more = {}) {
  const fresh = number(2) === 0 ? ` no ${number(1e9)}` : ''
  const content = `${PROMPTS[number(PROMPTS.length)]}${fresh}`
  const body = JSON.stringify({ model: MODELS[number(MODELS.length)], messages: [{ role: 'user', content }], ...more })
  return {
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer sk-soak-${number(20)}` },
    body,
  }
}

/** @type {Habit} */
async function askWhole(client) {
  const text = await client.expect(chat(client))
  for (const [, path = ''] of text.matchAll(/\]\(https?:\/\/[^/)]+(\/cdn\/[^)]+)\)/g)) {
    client.links.push(path)
    if (client.links.length > LINKS) client.links.splice(client.number(LINKS), 1)
  }
}

/** @type {Habit} */
async function askStream(client) {
  const request = chat(client, { stream: true })
  await client.expect({
    ...request,
    headers: { ...request.headers, 'x-mock-pace': client.number(4) === 0 ? '0.02' : '0' },
  })
}

/** @type {Habit} */
async function fetchPicture(client) {
  const path = client.links[client.number(client.links.length)]
  if (path !== undefined) await client.expect({ path, method: client.number(5) === 0 ? 'HEAD' : 'GET' })
}

/** @type {Habit} */
async function sendPicture(client) {
  const content = [
    { type: 'text', text: PROMPTS[client.number(PROMPTS.length)] },
    {
      type: 'image_url',
      image_url: { url: client.number(2) === 0 ? PICTURE : PICTURE.replace(/.{4}$/, `${client.number(10)}AAA`) },
    },
  ]
  await client.expect(chat(client, { model: 'flux-kontext-pro', messages: [{ role: 'user', content }] }))
}

/** @type {Habit} */
async function askWrongly(client) {
  const request = chat(client)
  const wrong = [
    { ...request, body: '{"model":' },
    { ...request, body: '{}' },
    { ...request, path: '/v1/nothing' },
    { ...request, method: 'PUT' },
    { ...request, headers: { 'content-type': 'text/plain' } },
    { path: '/cdn/1abc/def.png' },
  ]
  await client.expect(wrong[client.number(wrong.length)] ?? request, [400, 404, 405, 415])
}

/** @type {Habit} */
async function provoke(client) {
  const request = chat(client, { stream: client.number(2) === 0 })
  const scenario = client.scenarios[client.number(client.scenarios.length)] ?? ''
  await client.leave({ ...request, headers: { ...request.headers, 'x-mock-scenario': scenario }, patience: IMPATIENCE })
}

/** @type {Habit} */
async function hangUp(client) {
  const request = chat(client, { stream: true })
  await client.leave({
    ...request,
    headers: { ...request.headers, 'x-mock-pace': '0.1' },
    hangUp: client.number(2) === 0 ? 'request' : 'answer',
    patience: IMPATIENCE,
  })
}

/** @type {Habit} */
async function script(client) {
  const session = { 'x-mock-session': `soak-${client.number(1e9)}`, 'content-type': 'application/json' }
  await client.expect({
    path: '/__mock/script',
    method: 'POST',
    headers: session,
    body: '{"scenario":"limit-rate","times":2}',
  })
  for (const status of [429, 429, 200]) await client.expect({ ...chat(client), headers: session }, [status])
  await client.expect({ path: '/__mock/exchanges', headers: session })
  await client.expect({ path: '/__mock/reset', method: 'POST', headers: session, body: '{}' })
}

/** @type {Habit} */
async function look(client) {
  const paths = [
    '/__mock/health',
    '/__mock/metrics',
    '/__mock/coverage',
    '/__mock/exchanges?limit=20',
    '/__mock/scenarios',
    '/v1/models',
    '/openapi.yaml',
    '/openapi.json',
  ]
  await client.expect({ path: paths[client.number(paths.length)] ?? '' })
}

/**
 * How often each is done, of all together.
 * @type {readonly (readonly [times: number, Habit])[]}
 */
const HABITS = [
  [30, askWhole],
  [25, askStream],
  [15, fetchPicture],
  [3, sendPicture],
  [8, askWrongly],
  [8, provoke],
  [6, hangUp],
  [2, script],
  [1, look],
]
const CHOICES = HABITS.flatMap(([times, habit]) => Array.from({ length: times }, () => habit))

/**
 * Clients of a mock, one a connection, each with an order of requests of its own that follows from the seed.
 * @param {string} url
 * @param {{ connections: number, seed: number }} options
 */
export async function createTraffic(url, { connections, seed }) {
  const { body } = await ask({ url: `${url}/__mock/scenarios` })
  const scenarios = JSON.parse(body.toString('utf8')).scenarios.map((/** @type {{ name: string }} */ { name }) => name)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  /** @type {Told} */
  const told = { asked: 0, plain: 0, hungUp: 0, faults: [] }
  /** @param {number} seconds */
  const run = async (seconds) => {
    const end = performance.now() + seconds * 1000
    const visit = async (/** @type {number} */ i) => {
      const client = createClient({ url, agent, told, scenarios }, seed * 10_000 + i)
      while (performance.now() < end) await CHOICES[client.number(CHOICES.length)]?.(client)
    }
    await Promise.all(Array.from({ length: connections }, async (_, i) => visit(i)))
  }
  return { told, run, close: () => agent.destroy() }
}

/**
 * @param {{ url: string, agent: Agent, told: Told, scenarios: string[] }} mock
 * @param {number} seed
 * @returns {Client}
 */
function createClient({ url, agent, told, scenarios }, seed) {
  let state = seed
  /** @param {number} bound */
  const number = (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  return {
    number,
    links: [],
    scenarios,
    expect: async (request, statuses = [200]) => {
      told.asked++
      told.plain++
      const { status, text, fault } = await send(url, agent, request)
      const isTorn =
        request.body?.includes('"stream":true') === true && status === 200 && !text.endsWith('data: [DONE]\n\n')
      if (!statuses.includes(status) || isTorn)
        told.faults.push(`${request.method ?? 'GET'} ${request.path}: ${status} ${fault ?? text.slice(0, 300)}`)
      return text
    },
    leave: async (request) => {
      told.asked++
      if (request.hangUp === undefined) return send(url, agent, request)
      told.plain++
      told.hungUp++
      return send(url, agent, request)
    },
  }
}

/**
 * Sends a request and reads its answer, as far as its client wants it; a status of 0 where there is none.
 * @param {string} url
 * @param {Agent} agent
 * @param {Request} request
 * @returns {Promise<{ status: number, text: string, fault?: string }>}
 */
async function send(url, agent, { path, method = 'GET', headers = {}, body, hangUp: place, patience = PATIENCE }) {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const asking = httpRequest(url + path, { agent, method, headers: { ...headers, ...length } }, (response) => {
      const status = response.statusCode ?? 0
      let text = ''
      response.setEncoding('latin1').on('data', (part) => (text += part))
      response
        .once('end', () => resolve({ status, text }))
        .once('error', ({ message: fault }) => resolve({ status: 0, text, fault }))
      response.once('close', () => resolve({ status: 0, text, fault: 'closed' }))
      if (place === 'answer') response.once('data', () => response.destroy())
    })
    const timer = setTimeout(() => asking.destroy(new Error('no answer in time')), patience)
    asking
      .once('close', () => clearTimeout(timer))
      .once('error', ({ message: fault }) => resolve({ status: 0, text: '', fault }))
    if (place === 'request') {
      asking.write(body?.slice(0, 20))
      setTimeout(() => asking.destroy(), 20)
    } else asking.end(body)
  })
}
