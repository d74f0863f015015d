// @ts-check
// How fast the mock is, as ratios to a floor that is measured in the same run: absolute rates say more of the machine.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createDriver, createWrk, hasWrk } from './load.js'
import {
  measureBodies,
  measureCold,
  measureFixture,
  measureFresh,
  measureGrowth,
  measureJson,
  measureKept,
  measureStreams,
  startOurs,
} from './measure.js'
import { measurePaced } from './paced.js'
import { isMissed, toTable } from './table.js'

const HELP = `Usage: npm run bench -- [flags]

What the mock does beside a floor: the same load, in turn, on a bare node:http server that gives the same answer. It takes six
minutes, with --peers nine; a round or two say little of the slowest hundredth, and of a machine that does other things.

  --rounds N     rounds of each load, of which the median is taken (5)
  --seconds S    whole seconds of each load (2)
  --load TOOL    wrk or node (wrk where it is installed)
  --peers        other mock servers in the same rounds; npm puts them into the user's cache folder
  --save         keep the ratios for the tables of the README, in bench/figures.json
  --assert       exit with 1 when a figure misses its target by more than 15 %
  --help         this text
`

function readFlags() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      load: { type: 'string' },
      peers: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      assert: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [rounds, seconds] = [values.rounds, values.seconds].map((text) =>
    /^[1-9]\d{0,2}$/.test(text) ? Number(text) : undefined,
  )
  if (rounds === undefined || seconds === undefined)
    throw new RangeError('--rounds and --seconds take a whole number from 1 to 999')
  if (values.load !== undefined && !['wrk', 'node'].includes(values.load))
    throw new RangeError('--load takes wrk or node')
  return { ...values, rounds, seconds, isWrk: values.load === undefined ? hasWrk() : values.load === 'wrk' }
}

/**
 * @param {string} folder
 * @param {ReturnType<typeof readFlags>} flags
 */
async function measure(folder, { rounds, seconds, isWrk, peers }) {
  const bench = {
    folder,
    rounds,
    seconds,
    load: isWrk ? createWrk(folder) : createDriver(folder),
    ours: await startOurs(),
  }
  const figures = []
  for (const part of [
    measureCold,
    measureFixture,
    measureJson,
    measureStreams,
    measureBodies,
    measureFresh,
    measureKept,
    measurePaced,
    measureGrowth,
  ]) {
    process.stderr.write(`${part.name}\n`)
    figures.push(...(await part(bench)))
  }
  if (peers) figures.push(...(await (await import('./peers.js')).measurePeers(bench)))
  await bench.ours.stop()
  return figures
}

/** @param {ReturnType<typeof readFlags>} flags */
async function main(flags) {
  // Far more than it takes; for a server that answers but never ends.
  setTimeout(() => process.exit(1), (flags.peers ? 1_200_000 : 600_000) + flags.rounds * flags.seconds * 40_000).unref()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const started = performance.now()
  const figures = await measure(folder, flags)
  const [cpu, ...others] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  const took = Math.round((performance.now() - started) / 1000)
  process.stdout.write(`${toTable(figures)}\n
${others.length + 1} x ${cpu?.model}, Node ${process.version}, ${date}, ${took} s
Load by ${flags.isWrk ? 'wrk' : 'bench/driver.js'}; medians of ${flags.rounds} round${flags.rounds === 1 ? '' : 's'} of ${flags.seconds} s, floor and ours in turn;
a ratio is the median of the rounds' ratios.\n`)
  if (flags.save) save(figures, { date, machine: `${others.length + 1} x ${cpu?.model}` })
  if (flags.assert && figures.some(isMissed)) process.exitCode = 1
}

/**
 * Keeps the ratios of this run in place of those of the last one on the same Node.
 * @param {readonly import('./table.js').Figure[]} figures
 * @param {{ date: string, machine: string }} where
 */
function save(figures, where) {
  const file = new URL('figures.json', import.meta.url)
  const node = Number.parseInt(process.versions.node, 10)
  const ratios = Object.fromEntries(
    figures.flatMap(({ name, ratio }) =>
      ratio === undefined || Number.isNaN(ratio) ? [] : [[name, Number(ratio.toFixed(3))]],
    ),
  )
  const saved = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  writeFileSync(file, `${JSON.stringify({ ...saved, [node]: { node, ...where, ratios } }, null, 2)}\n`)
}

const flags = readFlags()
if (flags.help) process.stdout.write(HELP)
else await main(flags)
