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

/** @typedef {(load: Load) => Promise<number>} Loader puts load on a server; gives its answers a second */

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
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, question.url]
    const text = await run(WRK, args, (seconds + 10) * 1000)
    const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(text)?.[1]
    if (rate === undefined || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk on ${question.url}: ${text}`)
    return Number(rate)
  }
}

/** @param {import('./ask.js').Question} question */
function toLua(question) {
  const headers = Object.entries(headersOf(question)).map(([name, value]) => `wrk.headers['${name}'] = '${value}'\n`)
  const post = question.body === undefined ? '' : `wrk.method = 'POST'\nwrk.body = [==[${question.body}]==]\n`
  return post + headers.join('')
}

/**
 * The Loader for machines without wrk: bench/driver.js in a process of its own.
 * @type {Loader}
 */
export async function loadByNode(load) {
  return Number(await run(process.execPath, [DRIVER, JSON.stringify(load)], (load.seconds + 10) * 1000))
}
