// @ts-check
// The programs that are measured, and those that measure: each a process that ends with this one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const PATIENCE = 10_000
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Pick<import('node:child_process').SpawnOptions, 'timeout' | 'cwd' | 'env'>} [options]
 * @param {'inherit' | 'ignore'} [stderr]
 */
function launch(command, args, options, stderr = 'inherit') {
  // A MOCK_ variable or NODE_OPTIONS would change what is measured.
  const env = { PATH: process.env['PATH'] }
  const child = spawn(command, args, { env, ...options, stdio: ['ignore', 'pipe', stderr], killSignal: 'SIGKILL' })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/**
 * Starts our server with the flags that users have: it writes a log line for each request, here to /dev/null.
 * @param {readonly string[]} [flags] more flags
 */
export async function startOurs(flags = []) {
  return startScript([CLI, '--port', '0', '--host', '127.0.0.1', '--log', 'json', ...flags], 'ignore')
}

/**
 * Starts a Node script that prints its URL as its first line.
 * @param {readonly string[]} args
 * @param {'inherit' | 'ignore'} [stderr]
 * @returns {Promise<Server>}
 */
export async function startScript(args, stderr) {
  const child = launch(process.execPath, args, {}, stderr)
  const signal = AbortSignal.timeout(PATIENCE)
  const ended = once(child, 'exit', { signal }).then(() =>
    Promise.reject(new Error(`${args[0]} ended before it listened`)),
  )
  const [line] = await Promise.race([once(child.stdout, 'data', { signal }), ended])
  ended.catch(() => {}) // rejects when the server is stopped
  return toServer(child, String(line).trim())
}

/**
 * Starts any command that listens on a given port, and waits until the port accepts a connection.
 * @param {readonly string[]} command with its arguments
 * @param {number} port
 * @returns {Promise<Server>}
 */
export async function startAt([command = '', ...args], port) {
  const child = launch(command, args)
  child.stdout.resume() // a full pipe would block the command
  /** @type {Error | undefined} */
  let failure
  child.once('error', (error) => (failure = error))
  child.once('exit', () => (failure ??= new Error(`${command} ended before it listened`)))
  const server = toServer(child, `http://127.0.0.1:${port}`)
  const patience = AbortSignal.timeout(PATIENCE)
  while (!(await isOpen(port))) {
    if (patience.aborted && failure === undefined) {
      failure = new Error(`${command} accepted no connection in ${PATIENCE / 1000} s`)
      await server.stop()
    }
    if (failure !== undefined) throw failure
    await sleep(1)
  }
  return server
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} url
 * @returns {Server}
 */
function toServer(child, url) {
  const stop = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return { url, pid: child.pid ?? 0, stop }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
async function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/**
 * Runs a command to its end and returns its stdout. An exit code other than 0 is an error.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Pick<import('node:child_process').SpawnOptions, 'timeout' | 'cwd' | 'env'>} options timeout in milliseconds
 */
export async function run(command, args, options) {
  const child = launch(command, args, options)
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}: ${text}`)
  return text
}

/**
 * The resident memory of a process in MB; undefined on a system without /proc.
 * @param {number} pid
 */
export function memoryOf(pid) {
  return statusOf(pid, 'VmRSS')
}

/**
 * The most resident memory that a process has had, in MB; undefined on a system without /proc.
 * @param {number} pid
 */
export function peakMemoryOf(pid) {
  return statusOf(pid, 'VmHWM')
}

/**
 * @param {number} pid
 * @param {string} name of a line of /proc/PID/status
 */
function statusOf(pid, name) {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

/**
 * The CPU seconds that a process has used on all cores; undefined on a system without /proc.
 * @param {number} pid
 */
export function cpuOf(pid) {
  const [, fields] = read(`/proc/${pid}/stat`).split(/\) /) // the name before it may contain spaces
  if (fields === undefined) return undefined
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100 // Linux reports 100 ticks a second
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
