// @ts-check
// Measures the mock in ratios to a floor that is measured in the same run: absolute rates depend on the machine.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeRun, runCommand, toWholeNumber } from './command.js'
import { createLoader, hasWrk } from './load.js'
import { PARTS } from './measure.js'
import { measurePeers } from './peers.js'
import { startOurs } from './processes.js'
import { isMissed, toTable } from './table.js'

/** @type {typeof PARTS} */
const ALL = { ...PARTS, peers: measurePeers }

const HELP = `Usage: npm run bench -- [flags]

Compares the mock with a floor: a bare node:http server that reads the same requests, parses them, and writes the same
bytes. Both get the same load in turn. A whole run takes about ten minutes, with --peers fifteen.

  --only PARTS   parts to run, with commas between them: ${Object.keys(ALL).join(',')}
  --peers        also measure other mock servers; npm installs them into the user's cache folder
  --rounds N     rounds of each load; the table has their medians (5)
  --seconds S    whole seconds of each load (2)
  --load TOOL    wrk or node (default: wrk if it is installed)
  --assert       exit with code 1 if a figure misses its target
  --save         save the ratios for the tables of docs/performance.md: in bench/figures.json
  --help         print this text
`

function readFlags() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      peers: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      load: { type: 'string' },
      assert: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { only, peers, assert, save, help, load = hasWrk() ? 'wrk' : 'node' } = values
  if (load !== 'wrk' && load !== 'node') throw new RangeError(`--load: ${JSON.stringify(load)} is not wrk or node`)
  if (save && only !== undefined) throw new RangeError('--save needs a whole run, without --only')
  const parts = new Set(only?.split(',') ?? Object.keys(PARTS))
  if (peers) parts.add('peers')
  for (const part of parts)
    if (!Object.hasOwn(ALL, part)) throw new RangeError(`--only: ${JSON.stringify(part)} is not a part`)
  const rounds = toWholeNumber('--rounds', values.rounds, { least: 1, most: 999 })
  const seconds = toWholeNumber('--seconds', values.seconds, { least: 1, most: 999 })
  return { parts, load, assert, save, help, rounds, seconds }
}

/** @param {ReturnType<typeof readFlags>} flags */
async function main({ parts, load, assert, save, rounds, seconds }) {
  // A server that responds but never ends a response would keep this process alive.
  setTimeout(() => process.exit(1), 3_600_000 + rounds * seconds * 60_000).unref()
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const started = performance.now()
  const bench = { folder, rounds, seconds, load: createLoader(load, folder), ours: await startOurs() }
  const figures = []
  for (const part of parts) {
    process.stderr.write(`${part}\n`)
    figures.push(...((await ALL[part]?.(bench)) ?? []))
  }
  await bench.ours.stop()
  const { machine, date } = describeRun()
  const took = Math.round((performance.now() - started) / 1000)
  process.stdout.write(`${toTable(figures)}

${machine}, Node ${process.version}, ${date}, ${took} s. Load: ${load === 'wrk' ? 'wrk' : 'bench/driver.js'}, 16 connections unless
the row has another number. Medians of ${rounds} x ${seconds} s; a ratio is the median of the ratios of the rounds.
`)
  if (save) saveRatios(figures, { machine, date })
  if (assert && figures.some(isMissed)) process.exitCode = 1
}

/**
 * Replaces the saved ratios of this Node major version.
 * @param {readonly import('./measure.js').Figure[]} figures
 * @param {{ date: string, machine: string }} run
 */
function saveRatios(figures, { date, machine }) {
  const file = new URL('figures.json', import.meta.url)
  const node = Number.parseInt(process.versions.node, 10)
  const ratios = Object.fromEntries(
    figures.flatMap(({ name, ratio }) =>
      ratio === undefined || Number.isNaN(ratio) ? [] : [[name, Number(ratio.toFixed(3))]],
    ),
  )
  const saved = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  writeFileSync(file, `${JSON.stringify({ ...saved, [node]: { node, date, machine, ratios } }, null, 2)}\n`)
}

await runCommand(HELP, readFlags, main)
