// @ts-check
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../load.js'
import { openSocket, toRequest } from '../raw-client.js'

const CONNECTIONS = 300
const BODY = '{"model":"gpt-4o-image","stream":true,"messages":[{"role":"user","content":"a fox"}]}'
const PACE = 'X-Mock-Pace: 1000\r\n'

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
    const sockets = Array.from({ length: CONNECTIONS * scale }, (_, i) => {
      const socket = openSocket(url)
      socket.write(toRequest(BODY, i % 10 > 0 ? PACE : `${PACE}X-Mock-Scenario: stream-bytes\r\n`))
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
