// @ts-check
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { headersOf } from './ask.js'
import { run } from './child.js'

const WRK = 'wrk'
const DRIVER = fileURLToPath(new URL('driver.js', import.meta.url))

/**
 * @typedef {object} Load
 * @property {import('./ask.js').Question} question
 * @property {number} connections
 * @property {number} seconds
 */

/**
 * @typedef {object} Loaded
 * @property {number} rate answers a second
 * @property {number} p99 milliseconds that 99 of 100 answers took at most
 */

/** @typedef {(load: Load) => Promise<Loaded>} Loader puts load on a server */

/** Whether wrk is installed, which takes a tenth of the CPU that a client in Node takes. */
export function hasWrk() {
  return spawnSync(WRK, ['-v'], { stdio: 'ignore', timeout: 5000 }).error === undefined
}

/**
 * Makes the Loader that runs wrk; its scripts are written into the folder.
 * @param {string} folder
 * @returns {Loader}
 */
export function createWrk(folder) {
  return async ({ question, connections, seconds }) => {
    const script = join(folder, 'post.lua')
    writeFileSync(script, toLua(question))
    const args = ['-t1', '--latency', `-c${connections}`, `-d${seconds}s`, '-s', script, question.url]
    const text = await run(WRK, args, (seconds + 10) * 1000)
    const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1]
    const [, p99, unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(text) ?? []
    if (rate === undefined || p99 === undefined || /Non-2xx|Socket errors/.test(text))
      throw new Error(`wrk on ${question.url}: ${text}`)
    return { rate: Number(rate), p99: Number(p99) * (UNITS[unit] ?? Number.NaN) }
  }
}

/** @type {Readonly<Record<string, number>>} */
const UNITS = { us: 0.001, ms: 1, s: 1000 }

/** @param {import('./ask.js').Question} question */
function toLua(question) {
  const headers = Object.entries(headersOf(question)).map(([name, value]) => `wrk.headers['${name}'] = '${value}'\n`)
  const post = question.body === undefined ? '' : `wrk.method = 'POST'\nwrk.body = [==[${question.body}]==]\n`
  const counted =
    question.isCounted === true
      ? `local n = 0\nfunction request() n = n + 1 return wrk.format(nil, nil, nil, (wrk.body:gsub('#', n))) end\n`
      : ''
  return post + headers.join('') + counted
}

/**
 * Makes the Loader for machines without wrk: bench/driver.js in a process of its own.
 * @param {string} folder
 * @returns {Loader}
 */
export function createDriver(folder) {
  return async (load) => {
    const file = join(folder, 'load.json')
    writeFileSync(file, JSON.stringify(load))
    return JSON.parse(await run(process.execPath, [DRIVER, file], (load.seconds + 10) * 1000))
  }
}
