// @ts-check
import { once } from 'node:events'
import { connect } from 'node:net'
import { send } from '../load.js'

const READERS = 8
/** Requests before each reader, which fill the journal: 64 MiB. */
const REQUESTS = 420
const PARTS = 6
const TEXTS = Array.from({ length: 8 }, () => 'x'.repeat(19_000))

/** @type {import('../attacks.js').Attack} */
export default {
  title: '8 clients that request the journal and read nothing, while it is filled again and again',
  async run({ url }, scale) {
    const { hostname, port } = new URL(url)
    const sockets = []
    for (let reader = 0; reader < READERS * scale; reader++) {
      const fill = async (/** @type {number} */ part) => {
        const messages = [{ role: 'user', content: `A red fox ${reader}-${part}` }]
        const body = JSON.stringify({ model: 'flux', messages, TEXTS })
        for (let i = 0; i < REQUESTS / PARTS; i++) await send({ url: `${url}/v1/chat/completions`, body })
      }
      await Promise.all(Array.from({ length: PARTS }, async (_, part) => fill(part)))
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {}) // the mock may close it at any time
      sockets.push(socket)
      socket.write('GET /__mock/exchanges HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await once(socket, 'readable') // it reads no more than this
    }
    for (const socket of sockets) socket.destroy()
  },
}
