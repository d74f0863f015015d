// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const STREAMS = 1000
const BODY = '{"model":"gpt-4o-image","stream":true,"messages":[{"role":"user","content":"a fox"}]}'
const REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Mock-Pace: 1000\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

/** @type {import('../attacks.js').Attack} */
export default {
  title: '1,000 streams that last for days, pipelined on one connection',
  async run({ url }, scale) {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.resume().on('error', () => {}) // the mock may close it at any time
    const ended = once(socket, 'close')
    socket.write(REQUEST.repeat(STREAMS * scale))
    await Promise.race([sleep(3000), ended])
    socket.destroy()
    await ended
  },
}
