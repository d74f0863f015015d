// @ts-check
// Attacks from one client on a mock, while other clients use it as always.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { send } from './load.js'
import { peakMemoryOf, startOurs } from './processes.js'

/**
 * What a client with a bug or with bad intent sends. Each is the default export of a file in `attacks`.
 * @typedef {object} Attack
 * @property {string} title
 * @property {readonly string[]} [flags] of the mock, in addition to the defaults
 * @property {(mock: { url: string, pid: number }, scale: number) => Promise<void>} run sends it, and ends when the last
 * byte of it is answered or refused. `scale` is the share of the whole attack: 1 in `npm run soak`, less in a test.
 * Throws an Error if a response to the attack is wrong.
 *
 * @typedef {object} Damage
 * @property {readonly number[]} waits milliseconds of each request of the other clients
 * @property {readonly string[]} faults wrong responses to them, and the Error of the attack
 * @property {number | undefined} memory the most memory of the mock, in MB; undefined on a system without /proc
 */

/** The number of other clients. Each of their prompts is new, so nothing is taken from a cache. */
const OTHERS = 4
/** Milliseconds of use before and after the attack. */
const CALM = 300

const FOLDER = new URL('attacks/', import.meta.url)

/** The names of all attacks. */
export const ATTACKS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -'.js'.length))

/**
 * @param {string} name one of ATTACKS
 * @returns {Promise<Attack>}
 */
export async function loadAttack(name) {
  const { default: attack } = await import(new URL(`${name}.js`, FOLDER).href)
  return attack
}

/**
 * Starts a mock and runs some attacks on it at the same time, next to clients that use it as always.
 * @param {readonly string[]} names of ATTACKS
 * @param {number} scale
 * @returns {Promise<Damage>}
 */
export async function attackMock(names, scale) {
  const attacks = await Promise.all(names.map(loadAttack))
  const mock = await startOurs(attacks.flatMap(({ flags = [] }) => flags))
  /** @type {number[]} */
  const waits = []
  /** @type {string[]} */
  const faults = []
  const state = { isOver: false }
  const useMock = async (/** @type {number} */ client) => {
    for (let i = 0; !state.isOver; i++) {
      const started = performance.now()
      try {
        await useOnce(mock.url, client, i)
      } catch (error) {
        faults.push(String(error))
      }
      waits.push(performance.now() - started)
      await sleep(10)
    }
  }
  const using = Promise.all(Array.from({ length: OTHERS }, async (_, client) => useMock(client)))
  await sleep(CALM)
  for (const result of await Promise.allSettled(names.map(async (name) => runAttack(name, mock, scale))))
    if (result.status === 'rejected') faults.push(String(result.reason))
  await sleep(CALM)
  state.isOver = true
  await using
  const memory = peakMemoryOf(mock.pid)
  await mock.stop()
  return { waits, faults, memory }
}

/**
 * One request of another client: a completion, a stream, or a completion and its small picture.
 * @param {string} url
 * @param {number} client
 * @param {number} i number of the request
 */
async function useOnce(url, client, i) {
  const stream = i % 3 === 1
  const messages = [{ role: 'user', content: `A red fox ${client}-${i}` }]
  const body = JSON.stringify({ model: 'gpt-image-1', size: '64x64', stream, messages })
  const answer = await send({ url: `${url}/v1/chat/completions`, body })
  const text = answer.body.toString('utf8')
  const link = /\]\((https?:\/\/[^)\s"]+)\)/.exec(text)?.[1]
  if (link === undefined || (stream && !text.endsWith('data: [DONE]\n\n')))
    throw new Error(`a wrong response to another client: ${text.slice(0, 300)}`)
  if (i % 3 === 2) await send({ url: link })
}

/**
 * Runs an attack in a thread of its own, so that it does not delay the other clients itself.
 * @param {string} name
 * @param {{ url: string, pid: number }} mock
 * @param {number} scale
 */
async function runAttack(name, { url, pid }, scale) {
  const worker = new Worker(new URL('attack-worker.js', import.meta.url), { workerData: { name, url, pid, scale } })
  await once(worker, 'exit') // an Error in the thread rejects
}
