// @ts-check
// Whether a mock can be left alone: mixed traffic with hang-ups and faults for ten minutes, then thousands of streams at once.
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { memoryOf } from './child.js'
import { startOurs } from './measure.js'
import { holdStreams } from './hold.js'
import { median, isMissed, toTable } from './table.js'
import { createTraffic } from './traffic.js'

const HELP = `Usage: npm run soak -- [flags]

  --minutes M      of mixed traffic (10)
  --connections N  at once (64)
  --streams N      paced streams that are open at once (5000; 0 leaves them out)
  --seed N         another order of requests (1)
  --help           this text

Exits with 1 when an answer was not as it must be, a step was lost, or memory or descriptors grew: by more than 15 % beyond
the target, as in the bench. Of memory that says something from some five minutes on. The streams take two minutes more.
`

/** The first part of the time, in which caches fill. */
const WARM = 0.3
/** What memory may grow by after that: collections of garbage come when they like. */
const GROWTH = 1.1

function readFlags() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      connections: { type: 'string', default: '64' },
      streams: { type: 'string', default: '5000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 600)) throw new RangeError('--minutes takes a number above 0, 600 at most')
  const [connections, streams, seed] = [values.connections, values.streams, values.seed].map(toCount)
  if (connections === 0) throw new RangeError('--connections takes at least 1')
  return { help: values.help, minutes, connections: connections ?? 0, streams: streams ?? 0, seed: seed ?? 0 }
}

/** @param {string} text */
function toCount(text) {
  if (!/^\d{1,4}$/.test(text))
    throw new RangeError(
      `--connections, --streams and --seed take a whole number from 0 to 9999, and not ${JSON.stringify(text)}`,
    )
  return Number(text)
}

/**
 * Descriptors that a process has open; undefined where there is no /proc.
 * @param {number} pid
 */
function descriptorsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}

/**
 * Mixed traffic, and the memory of the mock meanwhile, once a second.
 * @param {import('./child.js').Server} ours
 * @param {ReturnType<typeof readFlags>} flags
 */
async function soak({ url, pid }, { minutes, connections, seed }) {
  const traffic = await createTraffic(url, { connections, seed })
  const before = descriptorsOf(pid)
  const ended = traffic.run(minutes * 60)
  const memory = []
  for (const end = performance.now() + minutes * 60_000; performance.now() < end; await sleep(1000))
    memory.push(memoryOf(pid) ?? Number.NaN)
  await ended
  traffic.close()
  await sleep(2000) // what was hung up is noticed, and what nobody uses is closed
  return { told: traffic.told, memory, before, after: descriptorsOf(pid) }
}

/**
 * @param {Awaited<ReturnType<typeof soak>>} soaked
 * @returns {import('./table.js').Figure[]}
 */
function toFigures({ told, memory, before, after }) {
  const warm = memory.slice(Math.floor(memory.length * WARM))
  const [early, late] = [warm.slice(0, Math.ceil(warm.length / 3)), warm.slice(-Math.ceil(warm.length / 3))].map(median)
  const faults = told.faults.length
  return [
    { name: 'requests', ours: told.asked },
    { name: 'of those hung up on by the client', ours: told.hungUp },
    { name: 'of those shaped by a scenario', ours: told.asked - told.plain },
    { name: 'answers that were not as they must be', ours: faults, most: 0 },
    {
      name: 'memory in the last third, MB; floor: in the first, when caches are full',
      floor: early,
      ours: late,
      ratio: (late ?? Number.NaN) / (early ?? Number.NaN),
      most: GROWTH,
    },
    {
      name: 'descriptors when all is over; floor: before',
      floor: before,
      ours: after,
      ratio: (after ?? Number.NaN) / (before ?? Number.NaN),
      most: 1,
    },
  ]
}

/** @param {ReturnType<typeof readFlags>} flags */
async function main(flags) {
  const ours = await startOurs()
  process.stderr.write(`mixed traffic for ${flags.minutes} minutes\n`)
  const soaked = await soak(ours, flags)
  for (const fault of new Set(soaked.told.faults.slice(0, 1000))) process.stderr.write(`${fault}\n`)
  const figures = toFigures(soaked)
  if (flags.streams > 0) {
    process.stderr.write(`${flags.streams} streams\n`)
    figures.push(...(await holdStreams(ours.url, flags.streams)))
  }
  await ours.stop()
  const [cpu, ...others] = cpus()
  process.stdout.write(
    `${toTable(figures)}\n\n${others.length + 1} x ${cpu?.model}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  )
  if (figures.some(isMissed)) process.exitCode = 1
}

/** The flags; undefined where one is wrong, which is told. */
function flagsOrTell() {
  try {
    return readFlags()
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}; --help lists the flags\n`)
    process.exitCode = 2
    return undefined
  }
}

const flags = flagsOrTell()
if (flags?.help === true) process.stdout.write(HELP)
else if (flags !== undefined) await main(flags)
