// @ts-check
import { once } from 'node:events'
import { openSocket } from '../raw-client.js'

const MIB = 1_048_576
const CHUNK = Buffer.from('1\r\nz\r\n')

/** @type {import('../attacks.js').Attack} */
export default {
  title: 'a body of 4 MiB in chunks of one byte',
  async run({ url }, scale) {
    const socket = openSocket(url)
    const ended = once(socket, 'close')
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const part = Buffer.concat(Array.from({ length: 10_000 }, () => CHUNK))
    for (let sent = 0; sent < 4 * MIB * scale && !socket.destroyed; sent += 10_000)
      if (!socket.write(part)) await Promise.race([once(socket, 'drain'), ended])
    socket.end('0\r\n\r\n')
    await ended
  },
}
