// @ts-check

/** @type {import('../attacks.js').Attack} */
export default {
  title: '20 bodies at once with 99,980 wrong values each',
  async run({ url }, scale) {
    const content = Array.from({ length: 99_980 }, () => 3)
    const body = JSON.stringify({ model: 'gpt-image-1', messages: [{ role: 'user', content }] })
    const headers = { 'content-type': 'application/json' }
    const sendOne = async () => {
      const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
      const text = await response.text()
      if (!text.includes(' And at least 30 more.')) throw new Error(`a wrong response: ${text.slice(0, 300)}`)
    }
    await Promise.all(Array.from({ length: Math.ceil(20 * scale) }, sendOne))
  },
}
