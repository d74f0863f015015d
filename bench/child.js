// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

const PATIENCE = 10_000
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

// Whatever ends the benchmark, an error or Ctrl-C included, ends what it started.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a process whose stdout is read and which does not outlive this one.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} [timeout] milliseconds that it may run
 */
function launch(command, args, timeout) {
  // No MOCK_ variable and no NODE_OPTIONS changes what is measured.
  const env = { PATH: process.env['PATH'] }
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env, timeout, killSignal: 'SIGKILL' })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/**
 * Starts a Node script that prints its URL as its first line.
 * @param {readonly string[]} args
 * @returns {Promise<Server>}
 */
export async function start(args) {
  const child = launch(process.execPath, args)
  const signal = AbortSignal.timeout(PATIENCE)
  const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error(`${args[0]} ended before it listened`)))
  const [line] = await Promise.race([once(child.stdout, 'data', { signal }), ended])
  ended.catch(() => {}) // it ends at last
  const stop = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return { url: String(line).trim(), pid: child.pid ?? 0, stop }
}

/**
 * Runs a command to its end and gives what it wrote on stdout.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} timeout milliseconds
 */
export async function run(command, args, timeout) {
  const child = launch(command, args, timeout)
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}: ${text}`)
  return text
}

/**
 * The memory that a process holds, in MB; undefined where there is no /proc.
 * @param {number} pid
 */
export function memoryOf(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

/**
 * The CPU seconds that a process has used on all cores; undefined where there is no /proc.
 * @param {number} pid
 */
export function cpuOf(pid) {
  const [, fields] = read(`/proc/${pid}/stat`).split(/\) /) // the name before may hold spaces
  if (fields === undefined) return undefined
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100 // Linux tells programs of 100 ticks a second
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
