// @ts-check
// Other mock servers, measured with the same requests, floors and rounds. They are not dependencies of this package:
// npm installs each of them once, into its own folder in the user's cache.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chatRequest, send } from './load.js'
import { JSON_REQUESTS, raceCold, raceFloor, SSE_REQUESTS } from './measure.js'
import { run, startAt, startOurs } from './processes.js'
import { ROWS } from './table.js'

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'chat-image-mock-bench')
const CONTRACT = fileURLToPath(new URL('../openapi.yaml', import.meta.url))
const INSTALL_TIMEOUT = 240_000
const STEADY = `@stdy/cli-${process.platform}-${process.arch}`
const LISTEN = '--host 127.0.0.1 --port PORT'

/**
 * @typedef {object} Pin
 * @property {string} name
 * @property {Record<string, string>} packages with their exact versions; the first is the peer
 * @property {Record<string, string>} [files] that its folder needs besides the packages
 * @property {string} command that starts it as a single process, without logs; words in capitals are replaced
 *
 * @typedef {object} Peer
 * @property {string} name with its version
 * @property {(fixture: string) => Promise<import('./processes.js').Server>} start takes a file for aimock with the text of our
 * response, in as many frames; fails if npm could not install the peer
 */

/**
 * Prism and Scalar require a newer Node than 20.19, but run on it. All except aimock return the example in the
 * contract, which has a fifth of the bytes of our response.
 * @type {readonly Pin[]}
 */
const PINS = [
  {
    name: 'aimock',
    packages: { '@copilotkit/aimock': '1.43.0' },
    command: `NODE HOME/node_modules/@copilotkit/aimock/dist/cli.js ${LISTEN} --fixtures FIXTURE --log-level silent`,
  },
  {
    name: 'Steady',
    packages: { [STEADY]: '0.22.2' },
    // The binary itself: its launcher, @stdy/cli, would leave it running.
    command: `HOME/node_modules/${STEADY}/bin/steady ${LISTEN} --quiet CONTRACT`,
  },
  {
    name: 'Prism',
    packages: { '@stoplight/prism-cli': '5.16.0' },
    command: `NODE HOME/node_modules/@stoplight/prism-cli/dist/index.js mock ${LISTEN} --verboseLevel silent CONTRACT`,
  },
  {
    name: 'Scalar',
    packages: { '@scalar/mock-server': '0.14.4', '@hono/node-server': '2.1.9' },
    files: {
      'server.js': `import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'

const [, , document, port] = process.argv
const { fetch } = await createMockServer({ document, logger: false })
serve({ fetch, hostname: '127.0.0.1', port: Number(port) })
`,
    },
    command: 'NODE HOME/server.js CONTRACT PORT',
  },
]

/**
 * Installs the peers that are not in the cache, all at the same time.
 * @returns {Promise<Peer[]>}
 */
export async function installPeers() {
  const pinned = PINS.map((pin) => ({ pin, home: install(pin) }))
  await Promise.allSettled(pinned.map(async ({ home }) => home))
  return pinned.map(({ pin, home }) => ({
    name: `${pin.name} ${Object.values(pin.packages)[0]}`,
    start: async (fixture) => {
      const port = await findPort()
      /** @type {Record<string, string>} */
      const values = { NODE: process.execPath, HOME: await home, PORT: String(port), FIXTURE: fixture, CONTRACT }
      const words = pin.command.split(' ')
      return startAt(
        words.map((word) => word.replace(/^[A-Z]+\b/, (name) => values[name] ?? name)),
        port,
      )
    },
  }))
}

/**
 * Returns the folder of a peer. The folder gets its name when npm is done, so an incomplete install is never used.
 * @param {Pin} pin
 */
async function install({ name, packages, files }) {
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: packages })
  const all = Object.entries({ ...files, 'package.json': manifest })
  const digest = createHash('sha256').update(JSON.stringify([all, process.platform, process.arch]))
  const home = join(CACHE, `${name}-${digest.digest('hex').slice(0, 16)}`)
  if (existsSync(home)) return home
  mkdirSync(CACHE, { recursive: true })
  const draft = mkdtempSync(`${home}-`)
  const removeDraft = () => rmSync(draft, { recursive: true, force: true })
  process.once('exit', removeDraft)
  for (const [file, text] of all) writeFileSync(join(draft, file), text)
  process.stderr.write(`npm installs ${name} into ${home}\n`)
  // Their telemetry is in install scripts, which none of them needs.
  const flags = '--ignore-scripts --no-audit --no-fund --no-package-lock --loglevel error --fetch-retries 1'
  const env = { ...process.env, DO_NOT_TRACK: '1' }
  try {
    await run('npm', ['install', ...flags.split(' ')], { cwd: draft, env, timeout: INSTALL_TIMEOUT })
  } catch (error) {
    removeDraft()
    throw error
  }
  if (!existsSync(home)) renameSync(draft, home)
  return home
}

/** A free port: not every peer can choose one and print it. */
async function findPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}

/**
 * The text of a chat response, JSON or SSE; undefined if it has none.
 * @param {Buffer} body
 * @param {boolean} isStream
 * @returns {string | undefined}
 */
function textOf(body, isStream) {
  const text = body.toString('utf8')
  if (!isStream) return JSON.parse(text).choices?.[0]?.message?.content
  if (!text.endsWith('data: [DONE]\n\n')) return undefined
  const chunks = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data))
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
}

/**
 * Checks that a server responds to a chat request. Returns the text, and whether it streams the same text.
 * @param {string} base
 */
async function probe(base) {
  const { body } = await send(chatRequest(base))
  const text = textOf(body, false)
  if (typeof text !== 'string' || text === '') throw new Error(`not a chat completion: ${body.toString()}`)
  const streamed = await send(chatRequest(base, { stream: true })).catch(() => undefined)
  return { text, isStreaming: streamed !== undefined && textOf(streamed.body, true) === text }
}

/**
 * Writes the fixture for aimock; returns the file's name.
 * @param {import('./measure.js').Bench} bench
 */
async function writeFixture({ folder, ours }) {
  const { text } = await probe(ours.url)
  const request = chatRequest(ours.url, { stream: true })
  const { body } = await send(request)
  // Three of the frames are the role, the finish reason and [DONE].
  const pieces = body.toString('utf8').split('\n\n').length - 1 - 3
  const { model } = JSON.parse(request.body)
  const fixture = { match: { model }, response: { content: text }, chunkSize: Math.ceil(text.length / pieces) }
  const file = join(folder, 'aimock.json')
  writeFileSync(file, JSON.stringify({ fixtures: [fixture] }))
  return file
}

/**
 * Starts our server and the peers. A peer that does not start or respond is reported on stderr and skipped.
 * @param {import('./measure.js').Bench} bench
 */
async function startAll(bench) {
  const fixture = await writeFixture(bench)
  const started = [{ name: 'chat-image-mock', server: bench.ours, start: startOurs, isStreaming: true }]
  for (const { name, start } of await installPeers()) {
    const startPeer = async () => start(fixture)
    try {
      const server = await startPeer()
      const { isStreaming } = await probe(server.url).catch(async (error) => {
        await server.stop()
        throw error
      })
      started.push({ name, server, start: startPeer, isStreaming })
      if (!isStreaming) process.stderr.write(`${name} has no streams for OpenAI's clients\n`)
    } catch (error) {
      process.stderr.write(`${name} is skipped: ${/** @type {Error} */ (error).message}\n`)
    }
  }
  return started
}

/**
 * JSON responses, streams and cold starts of our server and of the peers, in the same rounds.
 * @param {import('./measure.js').Bench} bench
 */
export async function measurePeers(bench) {
  const all = await startAll(bench)
  const streaming = all.filter(({ isStreaming }) => isStreaming)
  /** @type {import('./load.js').Loader} */
  const load = async (one) =>
    bench.load(one).catch((error) => {
      process.stderr.write(`${error.message}\n`)
      return { count: 0, rate: 0, p99: Number.NaN } // a peer that fails under load must not end the benchmark
    })
  const serversOf = (/** @type {typeof all} */ some) => some.map(({ server }) => server)
  const json = await raceFloor({ ...bench, load }, { servers: serversOf(all) }, JSON_REQUESTS)
  const sse = await raceFloor({ ...bench, load }, { cut: 'frames', servers: serversOf(streaming) }, SSE_REQUESTS)
  for (const { server } of all) if (server !== bench.ours) await server.stop()
  const starts = await raceCold(
    bench,
    all.map(({ start }) => start),
    9,
  )
  const toFigures = (
    /** @type {string} */ row,
    /** @type {typeof all} */ of,
    /** @type {import('./table.js').Measured[]} */ measured,
  ) =>
    of.flatMap(({ name }, i) => {
      const one = measured[i]
      return one === undefined ? [] : [{ name: `${row}: ${name}`, title: `${ROWS[row]?.title}: ${name}`, ...one }]
    })
  return [
    ...['json-new', 'json-repeated'].flatMap((row, i) => toFigures(row, all, json[i]?.map(({ rate }) => rate) ?? [])),
    ...['sse-new', 'sse-repeated'].flatMap((row, i) =>
      toFigures(row, streaming, sse[i]?.map(({ rate }) => rate) ?? []),
    ),
    ...toFigures(
      'cold-start',
      all,
      starts.map(({ time }) => time),
    ),
  ]
}
