// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../load.js'

const CONNECTIONS = 300
const BODY = '{"model":"gpt-4o-image","stream":true,"messages":[{"role":"user","content":"a fox"}]}'
const HEAD = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Mock-Pace: 1000\r\n'

/**
 * @param {string} url
 * @returns {Promise<number>} the number of recorded requests
 */
async function recordedBy(url) {
  return JSON.parse((await send({ url: `${url}/__mock/health` })).body.toString()).exchanges
}

/** @type {import('../attacks.js').Attack} */
export default {
  title: '300 connections with streams that last for days, every tenth sent byte by byte',
  async run({ url }, scale) {
    const { hostname, port } = new URL(url)
    const sockets = Array.from({ length: CONNECTIONS * scale }, (_, i) => {
      const socket = connect(Number(port), hostname)
      socket.resume().on('error', () => {}) // the mock may close it at any time
      const scenario = i % 10 > 0 ? '' : 'X-Mock-Scenario: stream-bytes\r\n'
      socket.write(`${HEAD}${scenario}Content-Length: ${BODY.length}\r\n\r\n${BODY}`)
      return socket
    })
    while ((await recordedBy(url)) < sockets.length) await sleep(100)
    await Promise.all(
      sockets.map(async (socket) => {
        socket.destroy()
        if (!socket.closed) await once(socket, 'close')
      }),
    )
  },
}
