// @ts-check
// Other mock servers beside ours: the same question, the same floors, the same rounds. They are no dependencies of this
// package: npm puts each into a folder of its own in the user's cache, once.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask, capture, chatQuestion } from './ask.js'
import { run, start, startAt } from './child.js'
import { compare, FLOOR, race, raceCold, startFloor, startOurs } from './measure.js'

const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'chat-image-mock-bench')
const CONTRACT = fileURLToPath(new URL('../openapi.yaml', import.meta.url))
const INSTALL_TIMEOUT = 240_000
const NODE = process.execPath
// Of each server; some take a second to start.
const SPAWNS = 9
const STEADY = `@stdy/cli-${process.platform}-${process.arch}`
const OURS = 'chat-image-mock'

/**
 * @typedef {object} Given what a peer's command is made of
 * @property {string} home the folder that it is installed in
 * @property {string} port that it listens on, on loopback
 * @property {string} fixture a file for aimock that gives the text of our answer, in as many events
 */

/**
 * @typedef {object} Pin
 * @property {string} name
 * @property {Record<string, string>} packages with their exact versions; the first is the peer
 * @property {Record<string, string>} [files] that its folder needs beside the packages
 * @property {(given: Given) => string[]} command that starts it, quiet; one process, so that its end is the peer's end
 */

/**
 * The newest of each; Prism and Scalar ask for a newer Node than 20.19, and run on it all the same. Those that are given
 * the contract answer with its example, a fifth of the bytes of our answer.
 * @type {readonly Pin[]}
 */
const PINS = [
  {
    name: 'aimock',
    packages: { '@copilotkit/aimock': '1.43.0' },
    command: ({ home, port, fixture }) => [
      NODE,
      `${home}/node_modules/@copilotkit/aimock/dist/cli.js`,
      '--host',
      '127.0.0.1',
      '--port',
      port,
      '--fixtures',
      fixture,
      '--log-level',
      'silent',
    ],
  },
  {
    name: 'Steady',
    // The binary that @stdy/cli launches: whoever ends the launcher leaves the binary running.
    packages: { [STEADY]: '0.22.2' },
    command: ({ home, port }) => [
      `${home}/node_modules/${STEADY}/bin/steady`,
      '--host',
      '127.0.0.1',
      '--port',
      port,
      '--quiet',
      CONTRACT,
    ],
  },
  {
    name: 'Prism',
    packages: { '@stoplight/prism-cli': '5.16.0' },
    command: ({ home, port }) => [
      NODE,
      `${home}/node_modules/@stoplight/prism-cli/dist/index.js`,
      'mock',
      '--host',
      '127.0.0.1',
      '--port',
      port,
      '--verboseLevel',
      'silent',
      CONTRACT,
    ],
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
    command: ({ home, port }) => [NODE, `${home}/server.js`, CONTRACT, port],
  },
]

/** @type {readonly { stream: boolean, cut: 'whole' | 'events', title: string }[]} */
const FLOORS = [
  { stream: false, cut: 'whole', title: 'JSON answers/s; floor A' },
  { stream: true, cut: 'events', title: 'SSE streams/s; floor A, event by event' },
  { stream: true, cut: 'whole', title: 'SSE streams/s; floor B, one buffer' },
]

/**
 * @typedef {object} Peer
 * @property {string} name with its version
 * @property {(fixture: string) => Promise<import('./child.js').Server>} start fails where npm could not install it
 */

/**
 * Installs what is not there yet, all at once; a Peer that could not be installed tells so when it is started.
 * @returns {Promise<Peer[]>}
 */
export async function installPeers() {
  const pinned = PINS.map((pin) => ({ pin, home: install(pin) }))
  await Promise.allSettled(pinned.map(async ({ home }) => home))
  return pinned.map(({ pin, home }) => ({
    name: `${pin.name} ${Object.values(pin.packages)[0]}`,
    start: async (fixture) => {
      const port = await findPort()
      return startAt(pin.command({ home: await home, port: String(port), fixture }), port)
    },
  }))
}

/**
 * Gives the folder of a Pin. It gets its name when npm is done, so that half an install is never used.
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
  const tidy = () => rmSync(draft, { recursive: true, force: true })
  process.once('exit', tidy)
  for (const [file, text] of all) writeFileSync(join(draft, file), text)
  process.stderr.write(`npm installs ${name} into ${home}\n`)
  // What they tell of themselves they tell in install scripts, which none of them needs.
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel',
    'error',
    '--fetch-retries',
    '1',
  ]
  await run('npm', args, INSTALL_TIMEOUT, { cwd: draft, env: { ...process.env, DO_NOT_TRACK: '1' } }).catch((error) => {
    tidy()
    throw error
  })
  if (!existsSync(home)) renameSync(draft, home)
  return home
}

/** A port that is free now: not every peer can tell which one it took. */
async function findPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}

/**
 * The text of an answer to OpenAI's clients, in JSON or streamed; undefined where it is none.
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
 * Asks a server as it will be asked; gives the text, and whether it streams the same.
 * @param {string} base
 */
async function probe(base) {
  const { body } = await ask(chatQuestion(base))
  const text = textOf(body, false)
  if (typeof text !== 'string' || text === '') throw new Error(`no answer of a model: ${body.toString()}`)
  const streamed = await ask(chatQuestion(base, { stream: true })).catch(() => undefined)
  return { text, isStreaming: streamed !== undefined && textOf(streamed.body, true) === text }
}

/**
 * Writes the Given fixture; gives its name.
 * @param {import('./measure.js').Bench} bench
 */
async function writeFixture({ folder, ours }) {
  const question = chatQuestion(ours.url)
  const { text } = await probe(ours.url)
  const { body } = await ask(chatQuestion(ours.url, { stream: true }))
  // Three of the events are the role, the reason to stop and [DONE].
  const pieces = body.toString('utf8').split('\n\n').length - 1 - 3
  const { model } = JSON.parse(question.body ?? '')
  const file = join(folder, 'aimock.json')
  writeFileSync(
    file,
    JSON.stringify({
      fixtures: [{ match: { model }, response: { content: text }, chunkSize: Math.ceil(text.length / pieces) }],
    }),
  )
  return file
}

/**
 * @typedef {object} Rival one that is measured, ours among them
 * @property {string} name
 * @property {import('./child.js').Server} server
 * @property {() => Promise<import('./child.js').Server>} start another of it
 * @property {boolean} isStreaming
 */

/**
 * Starts all that can be started and answer sensibly; of the others it says why not.
 * @param {import('./measure.js').Bench} bench
 */
async function startPeers(bench) {
  const fixture = await writeFixture(bench)
  /** @type {Rival[]} */
  const rivals = [{ name: OURS, server: bench.ours, start: startOurs, isStreaming: true }]
  /** @type {import('./table.js').Figure[]} */
  const missing = []
  for (const peer of await installPeers()) {
    const startOne = async () => peer.start(fixture)
    try {
      const server = await startOne()
      const { isStreaming } = await probe(server.url).catch(async (error) => {
        await server.stop()
        throw error
      })
      rivals.push({ name: peer.name, server, start: startOne, isStreaming })
      if (!isStreaming) missing.push({ name: `${peer.name}: no stream for clients of OpenAI`, ours: undefined })
    } catch (error) {
      process.stderr.write(`${peer.name} is left out: ${/** @type {Error} */ (error).message}\n`)
      missing.push({ name: `${peer.name}: left out, see above the table`, ours: undefined })
    }
  }
  return { rivals, missing }
}

/**
 * Answers, streams and cold starts of the peers and of ours, in the same rounds.
 * @param {import('./measure.js').Bench} bench
 * @returns {Promise<import('./table.js').Figure[]>}
 */
export async function measurePeers(bench) {
  process.stderr.write('measurePeers\n')
  const { rivals, missing } = await startPeers(bench)
  /** @type {import('./load.js').Loader} */
  const load = async (one) =>
    bench.load(one).catch((error) => {
      process.stderr.write(`${error.message}\n`)
      return { rate: 0, p99: Number.NaN } // a peer that breaks under load has no answers in that round, and breaks nothing else
    })
  const figures = [
    ...(await measureRates({ ...bench, load }, rivals, false)),
    ...(await measureRates({ ...bench, load }, rivals, true)),
    ...(await measureStarts(bench, rivals)),
  ]
  await Promise.all(rivals.map(async ({ server }) => (server === bench.ours ? undefined : server.stop())))
  return [...figures, ...missing]
}

/**
 * @param {import('./measure.js').Bench} bench
 * @param {readonly Rival[]} all
 * @param {boolean} stream
 * @returns {Promise<import('./table.js').Figure[]>}
 */
async function measureRates(bench, all, stream) {
  const rivals = all.filter(({ isStreaming }) => isStreaming || !stream)
  const kinds = FLOORS.filter((floor) => floor.stream === stream)
  const question = chatQuestion(bench.ours.url, { stream })
  const floors = await Promise.all(kinds.map(async ({ cut }) => startFloor(bench.folder, question, cut)))
  const servers = [...floors, ...rivals.map(({ server }) => server)]
  const rates = await race(
    bench,
    servers.map(({ url }) => chatQuestion(url, { stream })),
  )
  await Promise.all(floors.map(async (floor) => floor.stop()))
  return kinds.flatMap(({ title }, i) =>
    rivals.map(({ name }, j) => ({ name: `${title}: ${name}`, ...compare(rates[i], rates[floors.length + j]) })),
  )
}

/**
 * @param {import('./measure.js').Bench} bench
 * @param {readonly Rival[]} rivals
 * @returns {Promise<import('./table.js').Figure[]>}
 */
async function measureStarts({ folder, ours }, rivals) {
  const answer = await capture(folder, chatQuestion(ours.url), 'whole')
  const { times } = await raceCold([async () => start([FLOOR, answer]), ...rivals.map((rival) => rival.start)], SPAWNS)
  return rivals.map(({ name }, i) => ({
    name: `cold start, ms; floor: bare Node: ${name}`,
    ...compare(times[0], times[i + 1]),
  }))
}
