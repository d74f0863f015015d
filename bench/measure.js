// @ts-check
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { ask, capture, chatQuestion } from './ask.js'
import { cpuOf, memoryOf, run, start } from './child.js'
import { median } from './table.js'

const OURS = [fileURLToPath(new URL('../dist/cli.js', import.meta.url)), '--port', '0', '--host', '127.0.0.1', '--log', 'silent']
const FIXTURE = fileURLToPath(new URL('fixture.js', import.meta.url))
export const FLOOR = fileURLToPath(new URL('floor.js', import.meta.url))
const IN_FLIGHT = 16
const SPAWNS = 9
const PICTURES = 120

/**
 * @typedef {object} Bench what every measurement needs
 * @property {string} folder for temporary files
 * @property {import('./load.js').Loader} load
 * @property {number} rounds
 * @property {number} seconds of each round
 * @property {import('./child.js').Server} ours
 */

/** Starts our server, as its users do. */
export async function startOurs() {
  return start(OURS)
}

/**
 * Starts a floor that gives our answer to a question.
 * @param {string} folder
 * @param {import('./ask.js').Question} question
 * @param {'whole' | 'events' | 'binary'} cut
 */
export async function startFloor(folder, question, cut) {
  return start([FLOOR, await capture(folder, question, cut)])
}

/**
 * Loads servers in turn, round by round, so that whatever else the machine does befalls all of them; gives the rates of each.
 * @param {Bench} bench
 * @param {readonly import('./ask.js').Question[]} questions
 */
export async function race({ load, rounds, seconds }, questions) {
  for (const question of questions) await load({ question, connections: IN_FLIGHT, seconds: 1 }) // compiles the code
  /** @type {number[][]} */
  const rates = questions.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, question] of questions.entries()) rates[i]?.push(await load({ question, connections: IN_FLIGHT, seconds }))
  }
  return rates
}

/**
 * A Figure from the rounds of a floor and of ours; its ratio is the median of those of the rounds.
 * @param {readonly number[] | undefined} floor
 * @param {readonly number[] | undefined} ours
 * @returns {{ floor: number, ours: number, ratio: number }}
 */
export function compare(floor = [], ours = []) {
  return { floor: median(floor), ours: median(ours), ratio: median(ours.map((value, i) => value / (floor[i] ?? Number.NaN))) }
}

/**
 * JSON answers against floor A.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureJson(bench) {
  const question = chatQuestion(bench.ours.url)
  const floor = await startFloor(bench.folder, question, 'whole')
  const [a, ours] = await race(bench, [chatQuestion(floor.url), question])
  const memory = [memoryOf(floor.pid), memoryOf(bench.ours.pid)]
  await floor.stop()
  return [
    { name: 'JSON answers/s, 16 connections; floor A', ...compare(a, ours), least: 0.4 },
    { name: 'memory after that load, MB', ...memoryFigure(memory[0], memory[1]) },
  ]
}

/**
 * SSE streams against floor A, an event a write, and floor B, a stream a write.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureStreams(bench) {
  const question = chatQuestion(bench.ours.url, { stream: true })
  const events = await startFloor(bench.folder, question, 'events')
  const whole = await startFloor(bench.folder, question, 'whole')
  const [a, b, ours] = await race(bench, [chatQuestion(events.url, { stream: true }), chatQuestion(whole.url, { stream: true }), question])
  await Promise.all([events.stop(), whole.stop()])
  return [
    { name: 'SSE streams/s, 16 in flight; floor A, event by event', ...compare(a, ours), least: 0.6 },
    { name: 'SSE streams/s, 16 in flight; floor B, one buffer', ...compare(b, ours) },
  ]
}

const PROMPTS = ['A red fox in the snow', 'A lighthouse at night, oil on canvas', '一只在竹林里睡觉的小熊猫，水彩画', 'Cup of tea', 'A harbour in the rain, seen from above']

/**
 * The link of the picture of a prompt that differs by its number.
 * @param {string} base
 * @param {number} number
 */
async function linkOf(base, number) {
  const { body } = await ask(chatQuestion(base, { prompt: `${PROMPTS[number % PROMPTS.length]} no ${number}` }))
  const link = /\]\((http[^)]+\/cdn\/[^)]+\.png)\)/.exec(JSON.parse(body.toString('utf8')).choices[0].message.content)?.[1]
  if (link === undefined) throw new Error(`no picture in ${body}`)
  return link
}

/**
 * Fetches each link once, a few at a time; the lengths of the pictures.
 * @param {readonly string[]} links
 */
async function fetchAll(links) {
  const left = links.values()
  /** @type {number[]} */
  const lengths = []
  const next = async () => {
    for (const url of left) {
      const { body } = await ask({ url })
      if (body.readUInt32BE(16) !== 1024 || body.readUInt32BE(20) !== 1024) throw new Error(`${url}: not 1024x1024`)
      lengths.push(body.length)
    }
  }
  await Promise.all(Array.from({ length: 4 }, next))
  return lengths
}

/**
 * Pictures that are drawn for the first time.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureFresh({ ours: { url, pid }, rounds }) {
  const rates = []
  const perCore = []
  const lengths = []
  for (let round = -1; round < rounds; round++) {
    const links = []
    for (let i = 0; i < PICTURES; i++) links.push(await linkOf(url, (round + 1) * PICTURES + i))
    const [started, before] = [performance.now(), cpuOf(pid)]
    lengths.push(...(await fetchAll(links)))
    const [seconds, after] = [(performance.now() - started) / 1000, cpuOf(pid)]
    if (round < 0) continue // loads sharp, compiles the code
    rates.push(PICTURES / seconds)
    perCore.push(PICTURES / (before === undefined || after === undefined ? seconds * availableParallelism() : after - before))
  }
  return [
    { name: 'fresh 1024x1024 PNGs/s', ours: median(rates) },
    { name: 'fresh 1024x1024 PNGs a second and core', ours: median(perCore), least: 50 },
    { name: 'bytes of such a PNG', ours: median(lengths) },
  ]
}

/**
 * A picture that is kept against the same bytes from memory.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureKept(bench) {
  const question = { url: await linkOf(bench.ours.url, 0) }
  const floor = await startFloor(bench.folder, question, 'binary')
  const [a, ours] = await race(bench, [{ url: floor.url }, question])
  await floor.stop()
  return [{ name: 'kept PNGs/s, 16 connections; floor: a buffer', ...compare(a, ours) }]
}

/**
 * Starts servers in turn, again and again, each to its first 200 of a chat request; the milliseconds and the MB of each.
 * @param {readonly (() => Promise<import('./child.js').Server>)[]} starts
 */
export async function raceCold(starts) {
  /** @type {number[][]} */
  const times = starts.map(() => [])
  /** @type {number[][]} */
  const memory = starts.map(() => [])
  for (let spawned = 0; spawned < SPAWNS; spawned++) {
    for (const [i, startOne] of starts.entries()) {
      const started = performance.now()
      const server = await startOne()
      await ask(chatQuestion(server.url))
      times[i]?.push(performance.now() - started)
      memory[i]?.push(memoryOf(server.pid) ?? Number.NaN)
      await server.stop()
    }
  }
  return { times, memory }
}

/**
 * From spawn to the first 200 of a chat request, and the memory then, against bare Node.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureCold({ folder, ours: { url } }) {
  const answer = await capture(folder, chatQuestion(url), 'whole')
  const { times, memory } = await raceCold([async () => start([FLOOR, answer]), startOurs])
  return [
    { name: 'cold start to the first answer, ms; floor: bare Node', ...compare(times[0], times[1]), most: 1.8 },
    { name: 'memory after the first answer, MB; floor: bare Node', ...memoryFigure(median(memory[0] ?? []), median(memory[1] ?? [])) },
  ]
}

/**
 * A mock inside a test suite.
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureFixture() {
  const { create, start: started } = JSON.parse(await run(process.execPath, [FIXTURE], 60_000))
  return [
    { name: 'createMock in a warm process, ms', ours: create, most: 10 },
    { name: 'startMock to the first answer in a warm process, ms', ours: started, most: 60 },
  ]
}

/**
 * @param {number | undefined} floor
 * @param {number | undefined} ours
 */
function memoryFigure(floor = Number.NaN, ours = Number.NaN) {
  return { floor, ours, ratio: ours / floor }
}
