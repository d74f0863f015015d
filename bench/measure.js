// @ts-check
// The parts of the benchmark. Each returns its Figures and can be run alone.
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { createMock, startMock } from 'chat-image-mock'
import { chatRequest, NEW, REPEATED, send, toNewImage } from './load.js'
import { readPaced } from './paced.js'
import { cpuOf, memoryOf, startOurs, startScript } from './processes.js'
import { median, p99, toFigure } from './table.js'

const FLOOR = fileURLToPath(new URL('floor.js', import.meta.url))
// Node adds these headers itself.
const ADDED_BY_NODE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])
const CONNECTIONS = 16
const PICTURES = 120

/**
 * @typedef {object} Bench what every part needs
 * @property {string} folder for temporary files
 * @property {import('./load.js').Loader} load
 * @property {number} rounds
 * @property {number} seconds of each round
 * @property {import('./processes.js').Server} ours
 *
 * @typedef {import('./table.js').Figure & { name: string }} Figure
 * @typedef {(base: string) => import('./load.js').Request} ToRequest a request to the server with that URL
 */

/**
 * A file for floor.js: our response to a request.
 * @param {string} folder
 * @param {import('./load.js').Request} request
 * @param {'whole' | 'frames'} [cut] in one piece, or in the frames of its stream
 */
async function capture(folder, request, cut = 'whole') {
  const { headers, body } = await send(request)
  const pieces = cut === 'frames' ? (body.toString('utf8').match(/.+?\n\n/gs) ?? []) : [body]
  const kept = Object.entries(headers).filter(([name]) => !ADDED_BY_NODE.has(name))
  const file = join(folder, `response-${Math.random().toString(36).slice(2)}.json`)
  const encoded = pieces.map((piece) => Buffer.from(piece).toString('base64'))
  writeFileSync(file, JSON.stringify({ headers: Object.fromEntries(kept), pieces: encoded }))
  return file
}

/**
 * The medians of the rounds of a floor and of a server. The ratio is the median of the ratios of the rounds.
 * @param {readonly number[]} floor
 * @param {readonly number[]} ours
 * @returns {import('./table.js').Measured}
 */
function compare(floor, ours) {
  const ratios = ours.map((value, i) => value / (floor[i] ?? Number.NaN))
  return { floor: median(floor), ours: median(ours), ratio: median(ratios) }
}

/**
 * Loads a floor and servers in turn, round by round, so that other work of the machine affects all of them.
 * Returns for each request and each server its rate and its p99.
 * @param {Bench} bench
 * @param {{ cut?: 'whole' | 'frames', connections?: number, servers?: readonly import('./processes.js').Server[] }} options
 * @param {readonly ToRequest[]} requests
 */
export async function raceFloor(bench, { cut = 'whole', connections = CONNECTIONS, servers = [bench.ours] }, requests) {
  const { folder, load, rounds, seconds, ours } = bench
  /** @type {{ request: import('./load.js').Request, floor: import('./processes.js').Server, rates: number[], p99s: number[] }[]} */
  const loads = []
  for (const toRequest of requests) {
    const floor = await startScript([FLOOR, await capture(folder, toRequest(ours.url), cut)])
    for (const server of [floor, ...servers]) {
      const request = toRequest(server.url)
      await load({ request, connections, seconds: 1 }) // the first second compiles the code
      loads.push({ request, floor, rates: [], p99s: [] })
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { request, rates, p99s } of loads) {
      const loaded = await load({ request, connections, seconds })
      rates.push(loaded.rate)
      p99s.push(loaded.p99)
    }
  }
  await Promise.all([...new Set(loads.map(({ floor }) => floor))].map(async (floor) => floor.stop()))
  return requests.map((_, i) => {
    const [floor, ...others] = loads.slice(i * (servers.length + 1), (i + 1) * (servers.length + 1))
    return others.map(({ rates, p99s }) => ({
      rate: compare(floor?.rates ?? [], rates),
      p99: compare(floor?.p99s ?? [], p99s),
    }))
  })
}

/** @type {ToRequest} */
const newJson = (base) => chatRequest(base, { prompt: NEW })
/** @type {ToRequest} */
const repeatedJson = (base) => chatRequest(base, { prompt: REPEATED })
/** @type {ToRequest} */
const newStream = (base) => chatRequest(base, { prompt: NEW, stream: true })
/** @type {ToRequest} */
const repeatedStream = (base) => chatRequest(base, { prompt: REPEATED, stream: true })
export const [JSON_REQUESTS, SSE_REQUESTS] = [
  [newJson, repeatedJson],
  [newStream, repeatedStream],
]

/** @param {Bench} bench */
async function measureJson(bench) {
  const [fresh, repeated] = await raceFloor(bench, {}, JSON_REQUESTS)
  const [slowFresh, slowRepeated] = await raceFloor(bench, { connections: 64 }, JSON_REQUESTS)
  return [
    toFigure('json-new', fresh?.[0]?.rate),
    toFigure('json-repeated', repeated?.[0]?.rate),
    toFigure('p99-new', slowFresh?.[0]?.p99),
    toFigure('p99-repeated', slowRepeated?.[0]?.p99),
  ]
}

/** @param {Bench} bench */
async function measureSse(bench) {
  const [fresh, repeated] = await raceFloor(bench, { cut: 'frames' }, SSE_REQUESTS)
  const [buffer] = await raceFloor(bench, { cut: 'whole' }, [newStream])
  return [
    toFigure('sse-new', fresh?.[0]?.rate),
    toFigure('sse-repeated', repeated?.[0]?.rate),
    toFigure('sse-buffer', buffer?.[0]?.rate),
  ]
}

/** @param {Bench} bench */
async function measureBodies(bench) {
  const [small, large] = [await noise(274), await noise(866)]
  /** @type {ToRequest[]} */
  const requests = [
    (base) => chatRequest(base, { prompt: NEW, image: toNewImage(small) }),
    (base) => chatRequest(base, { prompt: REPEATED, image: small }),
    (base) => chatRequest(base, { prompt: NEW, image: toNewImage(large) }),
  ]
  const raced = await raceFloor(bench, {}, requests)
  return ['body-300k-new', 'body-300k-repeated', 'body-3m-new'].map((name, i) => toFigure(name, raced[i]?.[0]?.rate))
}

/**
 * A square PNG of noise as a data URI, about four bytes per pixel: 300 KB at 274 pixels a side, 3 MB at 866.
 * @param {number} side pixels
 */
export async function noise(side) {
  const bytes = Buffer.alloc(side * side * 3)
  let state = 1
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  const raw = sharp(bytes, { raw: { width: side, height: side, channels: 3 } })
  return `data:image/png;base64,${(await raw.png({ compressionLevel: 0 }).toBuffer()).toString('base64')}`
}

/**
 * The link to the picture that a prompt gets.
 * @param {string} base
 * @param {string} prompt
 */
async function linkOf(base, prompt) {
  const { body } = await send(chatRequest(base, { prompt }))
  const { content } = JSON.parse(body.toString('utf8')).choices[0].message
  const link = /\]\((http[^)]+\/cdn\/[^)]+\.png)\)/.exec(content)?.[1]
  if (link === undefined) throw new Error(`no picture in ${content}`)
  return link
}

/**
 * Fetches pictures, four at a time; returns their sizes in bytes.
 * @param {readonly string[]} links
 */
async function fetchAll(links) {
  const left = links.values()
  /** @type {number[]} */
  const sizes = []
  const fetchNext = async () => {
    for (const url of left) {
      const { body } = await send({ url })
      if (body.readUInt32BE(16) !== 1024 || body.readUInt32BE(20) !== 1024) throw new Error(`${url}: not 1024x1024`)
      sizes.push(body.length)
    }
  }
  await Promise.all(Array.from({ length: 4 }, fetchNext))
  return sizes
}

/** @param {Bench} bench */
async function measurePictures(bench) {
  const { url, pid } = bench.ours
  /** @type {Record<'rates' | 'perCore' | 'sizes', number[]>} */
  const fresh = { rates: [], perCore: [], sizes: [] }
  for (let round = -1; round < bench.rounds; round++) {
    const links = []
    for (let i = 0; i < PICTURES; i++) links.push(await linkOf(url, `A red fox in the snow, round ${round}, no ${i}`))
    const [started, before] = [performance.now(), cpuOf(pid)]
    const fetched = await fetchAll(links)
    const [seconds, after] = [(performance.now() - started) / 1000, cpuOf(pid)]
    if (round < 0) continue // loads sharp and compiles the code
    const used = before === undefined || after === undefined ? seconds * availableParallelism() : after - before
    fresh.rates.push(PICTURES / seconds)
    fresh.perCore.push(PICTURES / used)
    fresh.sizes.push(...fetched)
  }
  const { pathname } = new URL(await linkOf(url, 'A cached picture'))
  const [kept] = await raceFloor(bench, {}, [(base) => ({ url: base + pathname })])
  return [
    toFigure('png-fresh', { ours: median(fresh.rates) }),
    toFigure('png-fresh-core', { ours: median(fresh.perCore) }),
    toFigure('png-bytes', { ours: median(fresh.sizes) }),
    toFigure('png-kept', kept?.[0]?.rate),
  ]
}

/** @param {Bench} bench */
async function measurePaced({ ours: { url } }) {
  const { late } = await readPaced(url, 1000, 20)
  return [toFigure('lateness', { ours: p99(late) })]
}

/**
 * Starts a floor and servers in turn, again and again, each until its first response to a chat request. Returns for
 * each server the milliseconds and the memory.
 * @param {Bench} bench
 * @param {readonly (() => Promise<import('./processes.js').Server>)[]} starts
 * @param {number} times
 */
export async function raceCold({ folder, ours }, starts, times) {
  const response = await capture(folder, chatRequest(ours.url))
  const all = [async () => startScript([FLOOR, response]), ...starts].map((start) => ({
    start,
    /** @type {number[]} */ times: [],
    /** @type {number[]} */ memory: [],
  }))
  for (let i = 0; i < times; i++) {
    for (const each of all) {
      const started = performance.now()
      const server = await each.start()
      await send(chatRequest(server.url))
      each.times.push(performance.now() - started)
      each.memory.push(memoryOf(server.pid) ?? Number.NaN)
      await server.stop()
    }
  }
  const [floor, ...servers] = all
  return servers.map((server) => ({
    time: compare(floor?.times ?? [], server.times),
    memory: compare(floor?.memory ?? [], server.memory),
  }))
}

/** @param {Bench} bench */
async function measureCold(bench) {
  const [ours] = await raceCold(bench, [startOurs], 25)
  return [toFigure('cold-start', ours?.time), toFigure('memory-start', ours?.memory)]
}

/**
 * The median milliseconds to start something. The first starts are not counted.
 * @param {() => Promise<{ close: () => Promise<void> }>} start
 */
async function timeWarm(start) {
  const times = []
  for (let n = -5; n < 50; n++) {
    const started = performance.now()
    const mock = await start()
    if (n >= 0) times.push(performance.now() - started)
    await mock.close()
  }
  return median(times)
}

async function measureWarm() {
  const startToResponse = async () => {
    const mock = await startMock()
    await send(chatRequest(mock.url))
    return mock
  }
  return [
    toFigure('create-mock', { ours: await timeWarm(createMock) }),
    toFigure('start-mock', { ours: await timeWarm(startToResponse) }),
  ]
}

/**
 * Memory after new requests for JSON and for streams, of ours and of a floor. After 150,000 all caches are full.
 * @param {Bench} bench
 */
async function measureMemory({ folder, load, ours: { url } }) {
  const [ours, floor] = [await startOurs(), await startScript([FLOOR, await capture(folder, newJson(url))])]
  let [sent, half] = [0, 0]
  const memoryAfter = async (/** @type {import('./processes.js').Server} */ server, /** @type {number} */ count) => {
    for (; sent < count; half++) {
      const toRequest = half % 2 === 0 ? newJson : newStream
      sent += (await load({ request: toRequest(server.url), connections: CONNECTIONS, seconds: 5 })).count
    }
    return memoryOf(server.pid)
  }
  const full = await memoryAfter(ours, 150_000)
  const many = await memoryAfter(ours, 1_000_000)
  sent = 0
  const bare = await memoryAfter(floor, 1_000_000)
  await Promise.all([ours.stop(), floor.stop()])
  if (full === undefined || many === undefined || bare === undefined) return [] // no /proc
  return [
    toFigure('memory-million', { floor: bare, ours: many, ratio: many / bare }),
    toFigure('memory-growth', { floor: full, ours: many, ratio: many / full }),
  ]
}

/**
 * The parts by their names on the command line, in the order of the table.
 * @type {Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>>}
 */
export const PARTS = {
  json: measureJson,
  sse: measureSse,
  bodies: measureBodies,
  pictures: measurePictures,
  paced: measurePaced,
  cold: measureCold,
  warm: measureWarm,
  memory: measureMemory,
}
