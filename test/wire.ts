import { connect } from 'node:net'
import type { Mock } from '../src/index.ts'

/** A response as it arrived on a socket. */
export interface Raw {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends bytes to a mock's port, also invalid HTTP, and reads until the connection is closed. */
export async function sendRaw(mock: Mock, ...parts: readonly (string | Buffer)[]): Promise<Raw> {
  const { hostname, port } = new URL(mock.url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const received: Buffer[] = []
    socket.on('data', (data) => received.push(data))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      received.length > 0 || error.code === 'EPIPE' ? undefined : reject(error),
    )
    socket.on('close', () => {
      const text = Buffer.concat(received).toString('utf8')
      const [head = '', ...rest] = text.split('\r\n\r\n')
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') })
    })
    for (const part of parts) socket.write(part)
  })
}

/** The bytes of a POST to the chat operation, with Connection: close. */
export function post(body: string | Buffer, headers: readonly string[] = ['content-type: application/json']): Buffer {
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: localhost',
    'Connection: close',
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}
