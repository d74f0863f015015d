// @ts-check
// A client without rules, for attacks: it sends any bytes, and ignores what it receives.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Opens a connection. The mock may close it at any time, which is no error.
 * @param {string} url
 */
export function openSocket(url) {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname)
    .resume()
    .on('error', () => {})
}

/**
 * The bytes of a chat request.
 * @param {string} body
 * @param {string} [headers] each with its line break
 */
export function toRequest(body, headers = '') {
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
}

/**
 * Sends bytes on one connection, and closes it after some seconds.
 * @param {string} url
 * @param {string} bytes
 * @param {number} seconds
 */
export async function sendAndWait(url, bytes, seconds) {
  const socket = openSocket(url)
  const ended = once(socket, 'close')
  socket.write(bytes)
  await Promise.race([sleep(seconds * 1000), ended])
  socket.destroy()
  await ended
}
