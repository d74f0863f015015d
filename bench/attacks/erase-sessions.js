// @ts-check

/** Nearly as many exchanges as the journal holds. */
const EXCHANGES = 10_000
const SESSIONS = 1000
const SENDERS = 4

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'the deletion of many exchanges of a thousand sessions, with and without a filter',
  async run({ url }, scale) {
    const body = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'A red fox' }] })
    const sender = async (/** @type {number} */ first) => {
      for (let i = first; i < EXCHANGES * scale; i += SENDERS) {
        const headers = { 'content-type': 'application/json', 'x-mock-session': `erase-${i % SESSIONS}` }
        await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).arrayBuffer()
      }
    }
    for (const filter of ['?status=200', '']) {
      await Promise.all(Array.from({ length: SENDERS }, async (_, i) => sender(i)))
      const response = await fetch(`${url}/__mock/exchanges${filter}`, { method: 'DELETE' })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 300)}`)
    }
  },
}
