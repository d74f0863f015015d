// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const REQUESTS = 20_000
const BODY = '{"model":"flux","messages":[{"role":"user","content":"a fox"}]}'
const REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Mock-Pace: 10\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

/** @type {import('../attacks.js').Attack} */
export default {
  title: '20,000 requests whose responses wait, pipelined on one connection',
  async run({ url }, scale) {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.resume().on('error', () => {}) // the mock may close it at any time
    const ended = once(socket, 'close')
    socket.write(REQUEST.repeat(REQUESTS * scale))
    await Promise.race([sleep(5000), ended])
    socket.destroy()
    await ended
  },
}
