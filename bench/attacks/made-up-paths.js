// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'

const REQUESTS = 50_000
/** Each session has its own coverage. */
const SESSIONS = 300
/** Requests that are sent together on one connection. */
const TOGETHER = 50

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'made-up paths and media types in many sessions, then the coverage of all',
  async run({ url }, scale) {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const state = { answers: 0, rest: '' }
    socket.setEncoding('latin1').on('data', (/** @type {string} */ text) => {
      const pieces = (state.rest + text).split('HTTP/1.1 4')
      state.answers += pieces.length - 1
      state.rest = (pieces.at(-1) ?? '').slice(-9)
    })
    for (let sent = 0; sent < REQUESTS * scale; sent += TOGETHER) {
      socket.write(Array.from({ length: TOGETHER }, (_, i) => toRequest(sent + i)).join(''))
      while (state.answers < sent + TOGETHER) await once(socket, 'data')
    }
    socket.destroy()
    for (const path of ['coverage', 'coverage?total=true'])
      for (const accept of ['application/json', 'text/markdown', 'application/xml']) {
        const response = await fetch(`${url}/__mock/${path}`, { headers: { accept } })
        const text = await response.text()
        if (response.status !== 200 || text.length > 10_000_000)
          throw new Error(`${path} as ${accept}: ${response.status}, ${text.length} characters: ${text.slice(0, 300)}`)
      }
  },
}

/**
 * Every second request has a new path, the others a new media type.
 * @param {number} n
 */
function toRequest(n) {
  const head = `Host: localhost\r\nx-mock-session: s${n % SESSIONS}\r\n`
  return n % 2 === 0
    ? `GET /made-up/${n} HTTP/1.1\r\n${head}\r\n`
    : `POST /v1/chat/completions HTTP/1.1\r\n${head}Content-Type: made-up/${n}\r\nContent-Length: 2\r\n\r\n{}`
}
