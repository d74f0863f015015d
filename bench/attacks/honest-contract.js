// @ts-check
import { writeHonestContract } from '../honest-contract.js'

const list = (/** @type {number} */ length, /** @type {(i: number) => unknown} */ item) =>
  Array.from({ length }, (_, i) => item(i))

/** @type {readonly [path: string, body: unknown][]} */
const REQUESTS = [
  ['/any-of', list(99_900, () => ({}))],
  ['/unique-objects', list(33_000, (i) => ({ i, b: 1 }))],
  ['/enum', list(99_000, () => 'value-19999')],
  ['/pattern', [`${'a'.repeat(100_000)}!`]],
  ['/byte', ['AAAA'.repeat(2_000_000)]],
  ['/url', [`http://${':'.repeat(60_000)} `]],
  ['/tree', list(50, () => 1).reduce((inner) => ({ a: inner }))],
]
const SAMPLES = ['/many-items', '/long-text', '/large-example', '/fan-out']

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'requests for which each keyword of a valid contract could take seconds',
  get flags() {
    return ['--spec', writeHonestContract()]
  },
  async run({ url }, scale) {
    const headers = { 'content-type': 'application/json' }
    for (let i = 0; i < 5 * scale; i++) {
      for (const [path, body] of REQUESTS)
        await read(await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) }), path)
      for (const path of SAMPLES) await read(await fetch(url + path), path)
    }
  },
}

async function read(/** @type {Response} */ response, /** @type {string} */ path) {
  const text = await response.text()
  if (![200, 400].includes(response.status)) throw new Error(`a wrong response of ${path}: ${text.slice(0, 300)}`)
}
