import { connect } from 'node:net'
import type { Mock } from '../src/index.ts'

/** One answer as it came over a socket. */
export interface Raw {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends bytes to a mock's port and reads until it closes the connection; what no HTTP client would send. */
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

/** The text of a POST to the chat operation; Connection: close unless other headers are given. */
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
