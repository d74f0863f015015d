// @ts-check

const SCRIPTS = 10
/** Nearly as many values as a script may have. The error names only some of them. */
const HEADERS = 9500

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'scripts in which each of many headers is wrong',
  async run({ url }, scale) {
    const headers = Object.fromEntries(Array.from({ length: HEADERS }, (_, i) => [`A${i}`, '']))
    const body = JSON.stringify({ then: { headers } })
    for (let i = 0; i < SCRIPTS * scale; i++) {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
      const response = await fetch(`${url}/__mock/script`, init)
      const text = await response.text()
      if (response.status !== 400 || text.length > 10_000)
        throw new Error(`${response.status}, ${text.length} characters: ${text.slice(0, 300)}`)
    }
  },
}
