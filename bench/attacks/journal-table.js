// @ts-check

/** More exchanges than the journal holds. */
const EXCHANGES = 5000
/** The journal keeps at most a thousand exchanges of a session. */
const SESSIONS = 5
/** The journal keeps at most 5,000 values of a request. An empty object takes many times its text. */
const VALUES = 4900
/** Requests, and tables, at once. */
const [SENDERS, READERS] = [4, 3]

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'a full journal of many values, read as a table by three clients',
  async run({ url }, scale) {
    const messages = [{ role: 'user', content: `A red fox ${'in the snow '.repeat(200)}` }]
    const values = Array.from({ length: VALUES }, () => ({}))
    const body = JSON.stringify({ model: 'flux', messages, values })
    const sender = async (/** @type {number} */ first) => {
      for (let i = first; i < EXCHANGES * scale; i += SENDERS) {
        const headers = { 'content-type': 'application/json', 'x-mock-session': `table-${i % SESSIONS}` }
        await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).arrayBuffer()
      }
    }
    await Promise.all(Array.from({ length: SENDERS }, async (_, i) => sender(i)))
    const reader = async () => {
      const response = await fetch(`${url}/__mock/exchanges`, { headers: { accept: 'text/plain' } })
      const table = await response.text()
      if (!table.includes('POST /v1/chat/completions')) throw new Error(`not a table: ${table.slice(0, 300)}`)
    }
    await Promise.all(Array.from({ length: READERS }, reader))
  },
}
