// @ts-check
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { ask, capture, chatQuestion } from './ask.js'
import { cpuOf, memoryOf, run, start } from './child.js'
import { median } from './table.js'

const OURS = [
  fileURLToPath(new URL('../dist/cli.js', import.meta.url)),
  '--port',
  '0',
  '--host',
  '127.0.0.1',
  '--log',
  'json',
]
const FIXTURE = fileURLToPath(new URL('fixture.js', import.meta.url))
export const FLOOR = fileURLToPath(new URL('floor.js', import.meta.url))
const IN_FLIGHT = 16
const SPAWNS = 25
const PICTURES = 120

/**
 * @typedef {object} Bench what every measurement needs
 * @property {string} folder for temporary files
 * @property {import('./load.js').Loader} load
 * @property {number} rounds
 * @property {number} seconds of each round
 * @property {import('./child.js').Server} ours
 */

/** Starts our server as its users do: with a line of its log for each request, here written to nowhere. */
export async function startOurs() {
  return start(OURS, 'ignore')
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
 * Loads servers in turn, round by round, so that whatever else the machine does befalls all of them; gives the rates of
 * each, or what 99 of 100 answers took at most.
 * @param {Pick<Bench, 'load' | 'rounds' | 'seconds'>} bench
 * @param {readonly import('./ask.js').Question[]} questions
 * @param {{ connections?: number, of?: 'rate' | 'p99' }} [options]
 */
export async function race({ load, rounds, seconds }, questions, { connections = IN_FLIGHT, of = 'rate' } = {}) {
  for (const question of questions) await load({ question, connections, seconds: 1 }) // compiles the code
  /** @type {number[][]} */
  const told = questions.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, question] of questions.entries()) told[i]?.push((await load({ question, connections, seconds }))[of])
  }
  return told
}

/**
 * A Figure from the rounds of a floor and of ours; its ratio is the median of those of the rounds.
 * @param {readonly number[] | undefined} floor
 * @param {readonly number[] | undefined} ours
 * @returns {{ floor: number, ours: number, ratio: number }}
 */
export function compare(floor = [], ours = []) {
  return {
    floor: median(floor),
    ours: median(ours),
    ratio: median(ours.map((value, i) => value / (floor[i] ?? Number.NaN))),
  }
}

/**
 * JSON answers against floor A, and how long they take where more wait than can be answered at once.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureJson(bench) {
  const question = chatQuestion(bench.ours.url)
  const floor = await startFloor(bench.folder, question, 'whole')
  const asked = [chatQuestion(floor.url), question]
  const [a, ours] = await race(bench, asked)
  // One answer in a hundred says little of two seconds: whatever else the machine does shows in it first.
  const [slow, slowOurs] = await race({ ...bench, rounds: 2 * bench.rounds + 1 }, asked, { connections: 64, of: 'p99' })
  const fresh = { prompt: 'A red fox in the snow, at dawn, no #' }
  const [b, new_] = await race(
    bench,
    [chatQuestion(floor.url, fresh), chatQuestion(bench.ours.url, fresh)].map((each) => ({ ...each, isCounted: true })),
  )
  await floor.stop()
  return [
    { name: 'JSON answers/s, 16 connections; floor A', ...compare(a, ours), least: onNode(0.5, 0.6) },
    { name: 'JSON answers/s, no prompt asked twice; floor A', ...compare(b, new_) },
    { name: 'p99 of JSON answers at 64 connections, ms; floor A', ...compare(slow, slowOurs), most: 2 },
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
  const [a, b, ours] = await race(bench, [
    chatQuestion(events.url, { stream: true }),
    chatQuestion(whole.url, { stream: true }),
    question,
  ])
  await Promise.all([events.stop(), whole.stop()])
  return [
    { name: 'SSE streams/s, 16 in flight; floor A, event by event', ...compare(a, ours), least: onNode(0.8, 1) },
    { name: 'SSE streams/s, 16 in flight; floor B, one buffer', ...compare(b, ours), least: onNode(0.45, 0.55) },
  ]
}

/**
 * Requests with a reference picture in a data URI.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureBodies(bench) {
  const figures = []
  for (const [name, side] of Object.entries({ '300 KB': 274, '3 MB': 866 })) {
    const picture = await noise(side)
    const question = chatQuestion(bench.ours.url, { picture })
    const floor = await startFloor(bench.folder, question, 'whole')
    const [a, ours] = await race(bench, [chatQuestion(floor.url, { picture }), question])
    await floor.stop()
    figures.push({ name: `bodies of ${name} with a data URI/s; floor A`, ...compare(a, ours), least: 0.8 })
  }
  return figures
}

/**
 * A square PNG that cannot be made smaller, as a data URI: four bytes a pixel and a third.
 * @param {number} side pixels
 */
export async function noise(side) {
  const bytes = await sharp(createNoise(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer()
  return `data:image/png;base64,${bytes.toString('base64')}`
}

/** @param {number} length */
function createNoise(length) {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/**
 * A target that depends on the Node that runs.
 * @param {number} old of Node 20
 * @param {number} recent of Node 24 and newer
 */
function onNode(old, recent) {
  return Number.parseInt(process.versions.node, 10) >= 24 ? recent : old
}

const PROMPTS = [
  'A red fox in the snow',
  'A lighthouse at night, oil on canvas',
  '一只在竹林里睡觉的小熊猫，水彩画',
  'Cup of tea',
  'A harbour in the rain, seen from above',
]

/**
 * The link of the picture of a prompt that differs by its number.
 * @param {string} base
 * @param {number} number
 */
async function linkOf(base, number) {
  const { body } = await ask(chatQuestion(base, { prompt: `${PROMPTS[number % PROMPTS.length]} no ${number}` }))
  const link = /\]\((http[^)]+\/cdn\/[^)]+\.png)\)/.exec(
    JSON.parse(body.toString('utf8')).choices[0].message.content,
  )?.[1]
  if (link === undefined) throw new Error(`no picture in ${body.toString()}`)
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
    perCore.push(
      PICTURES / (before === undefined || after === undefined ? seconds * availableParallelism() : after - before),
    )
  }
  return [
    { name: 'fresh 1024x1024 PNGs/s', ours: median(rates) },
    { name: 'fresh 1024x1024 PNGs a second and core', ours: median(perCore), least: 100 },
    { name: 'bytes of such a PNG', ours: median(lengths), most: 51_200 },
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
  return [{ name: 'kept PNGs/s, 16 connections; floor: a buffer', ...compare(a, ours), least: 0.8 }]
}

/**
 * Starts servers in turn, again and again, each to its first 200 of a chat request; the milliseconds and the MB of each.
 * @param {readonly (() => Promise<import('./child.js').Server>)[]} starts
 * @param {number} spawns of each
 */
export async function raceCold(starts, spawns) {
  /** @type {number[][]} */
  const times = starts.map(() => [])
  /** @type {number[][]} */
  const memory = starts.map(() => [])
  for (let spawned = 0; spawned < spawns; spawned++) {
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
  const { times, memory } = await raceCold([async () => start([FLOOR, answer]), startOurs], SPAWNS)
  return [
    {
      name: 'cold start to the first answer, ms; floor: bare Node',
      ...compare(times[0], times[1]),
      most: onNode(1.6, 1.4),
    },
    { name: 'memory after the first answer, MB; floor: bare Node', ...compare(memory[0], memory[1]), most: 1.5 },
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

/** Requests after which every cache is full, and until which nothing may grow. */
const [FULL, MANY] = [150_000, 1_000_000]

/**
 * Memory that a million requests leave: answers and streams, prompts that differ, in a thousand sessions.
 * @param {Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measureGrowth({ load, ours: { url, pid } }) {
  let answers = 0
  /** @param {number} most */
  const until = async (most) => {
    while (answers < most) {
      for (const stream of [false, true]) {
        const question = {
          ...chatQuestion(url, { prompt: 'A red fox in the snow, at dawn, no #', stream }),
          isCounted: true,
        }
        answers += (await load({ question, connections: IN_FLIGHT, seconds: 5 })).rate * 5
      }
    }
    return memoryOf(pid)
  }
  const full = await until(FULL)
  const many = await until(MANY)
  return [
    {
      name: 'memory after a million requests, MB; floor: after 150,000',
      floor: full,
      ours: many,
      ratio: many === undefined || full === undefined ? undefined : many / full,
      most: 1,
    },
  ]
}
