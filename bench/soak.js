// @ts-check
// A long test of a mock: mixed traffic with disconnects and faults, thousands of streams at once, then attacks.
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ATTACKS, attackMock, loadAttack } from './attacks.js'
import { describeRun, runCommand, toWholeNumber } from './command.js'
import { readPaced } from './paced.js'
import { memoryOf, startOurs } from './processes.js'
import { isMissed, median, p99, percentile, toTable } from './table.js'
import { createTraffic } from './traffic.js'

const HELP = `Usage: npm run soak -- [flags]

Sends mixed traffic to a mock, then opens many paced streams at once, which takes about two more minutes. Then it
attacks other mocks in every way of docs/threat-model.md, next to clients that use them as always.
Exits with code 1 if a response was wrong, a stream was incomplete, memory or file descriptors grew, or an attack made
others wait for more than 250 ms or took more than 512 MB.
Memory is comparable after about five minutes of traffic.

  --minutes M      minutes of mixed traffic (10)
  --connections N  clients at once (64)
  --streams N      paced streams at once; 0 for none (5000)
  --attacks A,B    only these attacks; none for no attack (all)
  --seed N         another seed gives another order of requests (1)
  --help           print this text
`

/** The share of the time in which caches fill. */
const WARM_UP = 0.3

function readFlags() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      connections: { type: 'string', default: '64' },
      streams: { type: 'string', default: '5000' },
      attacks: { type: 'string', default: 'all' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 600))
    throw new RangeError(`--minutes: ${JSON.stringify(values.minutes)} is not a number above 0 and up to 600`)
  return {
    help: values.help,
    minutes,
    connections: toWholeNumber('--connections', values.connections, { least: 1, most: 9999 }),
    streams: toWholeNumber('--streams', values.streams, { least: 0, most: 9999 }),
    attacks: toAttacks(values.attacks),
    seed: toWholeNumber('--seed', values.seed, { least: 0, most: 9999 }),
  }
}

/** @param {string} text */
function toAttacks(text) {
  if (text === 'all') return ATTACKS
  const names = text === 'none' ? [] : text.split(',')
  const unknown = names.find((name) => !ATTACKS.includes(name))
  if (unknown === undefined) return names
  throw new RangeError(`--attacks: ${JSON.stringify(unknown)} is not one of ${ATTACKS.join(', ')}`)
}

/**
 * The number of open file descriptors of a process; undefined on a system without /proc.
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
 * @param {import('./processes.js').Server} ours
 * @param {ReturnType<typeof readFlags>} flags
 * @returns {Promise<import('./table.js').Figure[]>}
 */
async function soak({ url, pid }, { minutes, connections, seed }) {
  process.stderr.write(`mixed traffic for ${minutes} minutes\n`)
  const traffic = await createTraffic(url, { connections, seed })
  const before = descriptorsOf(pid)
  const over = traffic.run(minutes * 60)
  const samples = []
  for (const end = performance.now() + minutes * 60_000; performance.now() < end; await sleep(1000))
    samples.push(memoryOf(pid) ?? Number.NaN)
  await over
  traffic.close()
  await sleep(2000) // the mock notices closed connections
  const after = descriptorsOf(pid)

  const { requests, hungUp, scenarios, faults } = traffic.counts
  for (const fault of new Set(faults.slice(0, 1000))) process.stderr.write(`${fault}\n`)
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  const third = Math.ceil(warm.length / 3)
  const [early, late] = [median(warm.slice(0, third)), median(warm.slice(-third))]
  const figures = [
    { title: 'requests', ours: requests },
    { title: 'of these, the client disconnected', ours: hungUp },
    { title: 'of these, with a scenario', ours: scenarios },
    { title: 'wrong responses', ours: faults.length, most: 0 },
  ]
  if (before === undefined || after === undefined) return figures
  return [
    ...figures,
    { title: 'memory, last third; floor: first third, MB', floor: early, ours: late, ratio: late / early, most: 1.25 },
    { title: 'file descriptors after; floor: before', floor: before, ours: after, ratio: after / before, most: 1.15 },
  ]
}

/**
 * @param {string} url
 * @param {number} count
 * @returns {Promise<import('./table.js').Figure[]>}
 */
async function holdStreams(url, count) {
  process.stderr.write(`${count} streams\n`)
  const { mostOpen, complete, late } = await readPaced(url, count)
  return [
    { title: 'paced streams at once', ours: mostOpen, least: count },
    { title: 'of these, complete and in order', ours: complete, least: count },
    { title: 'p99 lateness of their frames, ms', ours: p99(late) },
  ]
}

/**
 * @param {readonly string[]} names of attacks that run at the same time
 * @param {string} title
 * @returns {Promise<import('./table.js').Figure[]>}
 */
async function attack(names, title) {
  process.stderr.write(`attack: ${title}\n`)
  const { waits, faults, memory } = await attackMock(names, 1)
  for (const fault of new Set(faults.slice(0, 100))) process.stderr.write(`${fault}\n`)
  return [
    { title: `${title}: p99.9 wait of others, ms`, ours: percentile(waits, 99.9), most: 250 },
    { title: `${title}: most memory, MB`, ours: memory, most: 512 },
    { title: `${title}: wrong responses`, ours: faults.length, most: 0 },
  ]
}

/**
 * The attacks on a mock with its default flags. The others need a mock of their own.
 * @param {readonly string[]} names
 */
async function onDefaults(names) {
  const flags = await Promise.all(names.map(async (name) => (await loadAttack(name)).flags ?? []))
  return names.filter((_, i) => flags[i]?.length === 0)
}

/** @param {ReturnType<typeof readFlags>} flags */
async function main(flags) {
  const ours = await startOurs()
  const figures = await soak(ours, flags)
  if (flags.streams > 0) figures.push(...(await holdStreams(ours.url, flags.streams)))
  await ours.stop()
  for (const name of flags.attacks) figures.push(...(await attack([name], name)))
  if (flags.attacks.length > 1) figures.push(...(await attack(await onDefaults(flags.attacks), 'all together')))
  const { machine, date } = describeRun()
  process.stdout.write(`${toTable(figures)}\n\n${machine}, Node ${process.version}, ${date}\n`)
  if (figures.some(isMissed)) process.exitCode = 1
}

await runCommand(HELP, readFlags, main)
