import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** The folder of the package. */
export const root = resolve(import.meta.dirname, '../..')

/** A file of the package as text. */
export const read = (name: string): string => readFileSync(join(root, name), 'utf8')

/** The pages whose blocks are run here. Those of docs/recipes are run by test/recipes and test/consumer. */
export const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** A fenced block of a page: its language, the file that its fence names, its text, and the line of its fence. */
export interface Block {
  readonly language: string
  readonly path: string | undefined
  readonly text: string
  readonly line: number
}

/** The fenced blocks of a Markdown text, in their order. */
export function blocksOf(markdown: string): Block[] {
  return Array.from(markdown.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm), (match) => {
    const [, language = '', path, text = ''] = match
    return { language, path, text, line: markdown.slice(0, match.index).split('\n').length }
  })
}

/** Commands that a page shows and other tests run, or that need what a test does not have: a registry, Docker, a cluster. */
const RUN_ELSEWHERE = [
  /^git clone /,
  /^npm (?:ci|test|pack|install|run)\b/, // .ci/run, test/consumer
  /^(?:pip|apt-get|brew) install /, // test/clients/python
  /^docker /, // test/container
  /^kubectl /, // test/deploy
  /^npx playwright test$/, // test/consumer
]
/** A command that starts the mock and does not return. */
const SERVER = /^((?:[A-Z_]+=\S+ )*)(?:npm start(?: --)?|npx chat-image-mock(?: serve)?)((?: --?[^\n]+)?)(?:\s+#.*)?\n$/
/** Languages of the output of the block above. */
const OUTPUT = new Set(['json', 'text', 'markdown', 'xml'])

/**
 * Runs the blocks of a page from top to bottom, as a reader would, in an empty folder in which the packages are installed.
 * - A block whose fence names a file is written there: ```yaml mocks/profiles.yaml
 * - A `sh` block that is one `npm start …` or `npx chat-image-mock …` starts a mock, which replaces the one before it. A page
 *   that only uses http://127.0.0.1:4010 gets one with the default options.
 * - Every other `sh` and `js` block runs to its end with exit code 0. Its output is compared with a `json`, `text`, `markdown`
 *   or `xml` block below it.
 * - 4010 in a block is replaced by the port of the page.
 * The signal ends every program that the page has started.
 */
export async function runPage(name: string, signal: AbortSignal): Promise<void> {
  const folder = createFolder()
  const port = await freePort()
  const servers: ChildProcess[] = []
  let isServing = false
  let output: string | undefined
  const here = (text: string): string => text.replaceAll('4010', String(port))
  try {
    for (const block of blocksOf(read(name))) {
      const at = `${name}:${block.line}`
      const isShell = block.language === 'sh' && block.path === undefined
      const shown = isShell ? withoutOthers(block.text) : block.text
      const text = here(shown)
      const [, variables = '', flags = ''] = SERVER.exec(shown) ?? []
      if (block.path !== undefined) {
        writeFile(join(folder, block.path), text)
      } else if (OUTPUT.has(block.language)) {
        if (output === undefined) throw new Error(`${at}: no command is above this output.`)
        compare(output, text, at)
        output = undefined
      } else if (isShell && SERVER.test(shown)) {
        await stop(servers)
        servers.push(await start(`${here(variables)}"$NODE" "$CLI" ${here(flags)}`, folder, port, signal))
        isServing = true
      } else if (isShell && shown.trim() === '') {
        output = undefined
      } else if (isShell || block.language === 'js') {
        if (!isServing && block.text.includes('4010') && !text.includes('chat-image-mock --')) {
          servers.push(await start('"$NODE" "$CLI"', folder, port, signal))
          isServing = true
        }
        output = isShell
          ? await run('bash', ['-euo', 'pipefail', '-c', SHELL + text], folder, port, at, signal)
          : await run(process.execPath, ['--input-type=module', '-e', text], folder, port, at, signal)
      } else {
        throw new Error(
          `${at}: a block in ${block.language} is not run. Name a file behind the language, or use another one.`,
        )
      }
    }
  } finally {
    await stop(servers)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a shell finds: the built command, and the programs that are installed. */
const SHELL = `
chat-image-mock() { "$NODE" "$CLI" "$@"; }
npx() { if [ "$1" = chat-image-mock ]; then shift; chat-image-mock "$@"; else command npx --no-install "$@"; fi; }
npm() { if [ "$1" = start ]; then shift; [ "\${1-}" = -- ] && shift; chat-image-mock "$@"; else command npm "$@"; fi; }
curl() { command curl --silent --show-error --max-time 20 "$@"; }
`

/** A folder in which the package and all that it is tested with are installed. */
function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  symlinkSync(root, join(modules, 'chat-image-mock'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  return folder
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

// Below the ports that the kernel gives to those who ask for any free one, so that no other test takes it meanwhile.
async function freePort(): Promise<number> {
  for (;;) {
    const port = 14_010 + 10 * Math.floor(Math.random() * 1_000)
    const server = createServer()
    const isFree = await new Promise((done) => {
      server.once('error', () => done(false)).listen(port, '127.0.0.1', () => server.close(() => done(true)))
    })
    if (isFree) return port
  }
}

const environment = (port: number): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE: process.execPath,
  CLI: join(root, 'dist/cli.js'),
  PORT: String(port),
  NO_PROXY: '127.0.0.1,localhost',
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
  MOCK_LOG: 'silent',
})

/** Starts a command that serves, and waits for its first line. */
async function start(command: string, cwd: string, port: number, signal: AbortSignal): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', `exec env ${command}`], {
    cwd,
    env: environment(port),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  child.on('error', () => {}) // the signal
  let said = ''
  child.stderr.on('data', (data) => (said += String(data)))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${command} ended: ${said}`)))
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => {})
  return child
}

async function stop(servers: ChildProcess[]): Promise<void> {
  for (const child of servers.splice(0)) {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  port: number,
  at: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((done, fail) => {
    execFile(program, args, { cwd, env: environment(port), timeout: 60_000, signal }, (error, stdout, stderr) => {
      if (error === null) done(stdout)
      else fail(new Error(`${at}: exit code ${error.code ?? error.signal}\n${stdout}${stderr}`))
    })
  })
}

/** A block without the commands that others run; each of them is a line, or goes on behind a backslash. */
function withoutOthers(text: string): string {
  return text
    .split(/(?<!\\)\n/)
    .filter((line) => !RUN_ELSEWHERE.some((pattern) => pattern.test(line)))
    .join('\n')
}

/** Fails unless an output is what the page shows. `…` stands for any text; JSON is compared by its values, text by its words. */
export function compare(actual: string, shown: string, at: string): void {
  const [from, to] = [actual, shown].map((text) => (isJson(text) ? JSON.stringify(JSON.parse(text), null, 1) : text))
  const words = (text = ''): string => text.replaceAll(/[\s"]+/g, ' ').trim()
  let rest = words(from)
  for (const [i, part] of words(to).split('…').entries()) {
    const place = rest.indexOf(part.trim())
    if (place < 0 || (i === 0 && place > 0)) throw new Error(`${at}: the output is not this one, but\n${actual}`)
    rest = rest.slice(place + part.trim().length)
  }
  if (!shown.trim().endsWith('…') && rest.trim() !== '') throw new Error(`${at}: the output goes on:\n${rest}`)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
