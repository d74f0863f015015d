// The GitHub action, without dependencies. The step itself starts the mock. After the last step of the job GitHub runs
// this file again: it stops the mock and reports. With the input `stop`, a step does the same earlier.
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const { env } = process
const isWindows = process.platform === 'win32'
const installed = join(env.RUNNER_TEMP, 'chat-image-mock')

/** Seconds until the mock is ready, and until it has ended after the grace of open responses. */
const PATIENCE = 30
/** Lines of the log that are shown if the mock fails. */
const SHOWN = 100

try {
  const isLast = env.STATE_started !== undefined
  appendFileSync(env.GITHUB_STATE, 'started=true\n')
  await (isLast || isOn('stop') ? stop() : start())
} catch (error) {
  fail(error.message)
}

async function start() {
  const hasCoverage = isOn('coverage')
  // Windows has no signal after which the mock could write its report.
  if (hasCoverage && isWindows) throw new Error('coverage: true needs a runner with Linux or macOS.')
  install(env.INPUT_VERSION)
  const folder = mkdtempSync(join(env.RUNNER_TEMP, 'mock-'))
  const { address, log, summary, junit } = filesIn(folder)
  const cli = join(installed, 'node_modules/chat-image-mock/dist/cli.js')
  const flags = hasCoverage ? ['--coverage', summary, '--coverage', junit] : []
  const mock = spawn(process.execPath, ['--import', exitCodeWriter(folder), cli, ...flags], {
    detached: true,
    stdio: ['ignore', openSync(address, 'w'), openSync(log, 'w')],
    env: { ...env, HOST: '127.0.0.1', PORT: env.INPUT_PORT },
  })
  // The mock prints its URL on stdout when it is ready.
  const isOver = () => read(address) !== '' || mock.exitCode !== null || mock.signalCode !== null
  await until(isOver, PATIENCE)
  const url = read(address).trim()
  if (url === '') {
    mock.kill('SIGKILL')
    show(log)
    throw new Error(`chat-image-mock was not ready within ${PATIENCE} seconds, or exited`)
  }
  const grace = Number(env.MOCK_GRACE) || 0
  writeFileSync(filesIn(folder).running, JSON.stringify({ pid: mock.pid, patience: PATIENCE + grace }))
  const outputs = { url, 'base-url': `${url}/v1`, log, junit: hasCoverage ? junit : '' }
  for (const [name, value] of Object.entries(outputs)) appendFileSync(env.GITHUB_OUTPUT, `${name}=${value}\n`)
  mock.unref()
}

function install(version) {
  const isPath = /^file:|[/\\]|\.tgz$/.test(version)
  const spec = `chat-image-mock@${isPath ? `file:${version.replace(/^file:/, '')}` : version}`
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  // On Windows, npm is a script that only a shell can run.
  const { status } = spawnSync('npm', ['install', '--prefix', installed, ...flags, spec], {
    stdio: 'inherit',
    shell: isWindows,
  })
  if (status !== 0)
    throw new Error(
      `chat-image-mock: npm cannot install ${spec}. If it is not in your registry, run npm pack in a clone of ` +
        'chat-image-mock, add the tarball to your repository, and set: version: ./chat-image-mock-0.1.0.tgz',
    )
}

/** Stops each mock of the job that is not yet stopped. RUNNER_TEMP is empty when a job starts. */
async function stop() {
  for (const name of readdirSync(env.RUNNER_TEMP)) {
    const folder = join(env.RUNNER_TEMP, name)
    if (name.startsWith('mock-') && existsSync(filesIn(folder).running)) await stopOne(folder)
  }
}

async function stopOne(folder) {
  const { running, exitCode, summary, log } = filesIn(folder)
  const { pid, patience } = JSON.parse(read(running))
  rmSync(running)
  const hasEnded = () => read(exitCode) !== '' || !isAlive(pid)
  const isEarly = hasEnded()
  if (!isEarly) {
    process.kill(pid, 'SIGTERM')
    if (!(await until(hasEnded, patience))) process.kill(pid, 'SIGKILL')
  }
  if (existsSync(summary)) appendFileSync(env.GITHUB_STEP_SUMMARY, read(summary))
  const code = read(exitCode)
  if (!isEarly && (code === '0' || isWindows)) return
  show(log)
  const how = code === '' ? 'was killed' : `ended with exit code ${code}${isEarly ? ' before it was stopped' : ''}`
  fail(`chat-image-mock ${how}. The end of its log is above.`, Number(code) || 1)
}

function filesIn(folder) {
  const [address, log, running, exitCode, summary, junit] = [
    'address',
    'log',
    'running.json',
    'exit-code',
    'coverage.md',
    'coverage.xml',
  ].map((name) => join(folder, name))
  return { address, log, running, exitCode, summary, junit }
}

// The step that starts the mock ends before the mock does, so the mock itself has to write its exit code.
function exitCodeWriter(folder) {
  const file = JSON.stringify(filesIn(folder).exitCode)
  const code = `import fs from 'node:fs'; process.on('exit', (code) => fs.writeFileSync(${file}, String(code)))`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

function isOn(input) {
  const value = env[`INPUT_${input.toUpperCase()}`]
  if (value !== 'true' && value !== 'false') throw new Error(`${input}: '${value}' is not valid. Use true or false.`)
  return value === 'true'
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** Whether the condition becomes true within this time. */
async function until(condition, seconds) {
  for (let i = 0; i < seconds * 10 && !condition(); i++) await setTimeout(100)
  return condition()
}

// The log repeats texts of clients. Nothing in it may be read as a command of the workflow.
function show(log) {
  const token = randomUUID()
  const lines = read(log).trimEnd().split('\n').slice(-SHOWN)
  process.stdout.write([`::stop-commands::${token}`, ...lines, `::${token}::`, ''].join('\n'))
}

function fail(message, code = 1) {
  process.stdout.write(`::error::${message.replaceAll('%', '%25').replaceAll('\n', '%0A')}\n`)
  process.exitCode = code
}
