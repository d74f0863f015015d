// @ts-check
// Runs one attack in a thread.
import { workerData } from 'node:worker_threads'
import { loadAttack } from './attacks.js'

/** @type {{ name: string, url: string, pid: number, scale: number }} */
const { name, url, pid, scale } = workerData
const { run } = await loadAttack(name)
await run({ url, pid }, scale)
process.exit() // sockets that the mock keeps open do not keep the thread
