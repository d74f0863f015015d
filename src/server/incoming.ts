import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import { ApiError } from '../reply/error.ts'

/** What Hono is given beside the request: Node's own objects on a port, nothing in process. */
export interface Env {
  Bindings: { readonly incoming?: IncomingMessage; readonly outgoing?: ServerResponse; readonly address?: string }
}

/** The largest body that is read, in bytes: 32 MiB. */
export const MAX_BODY = 33_554_432

/** A header of the request, by its name in lower case. */
export function headerOf(c: Context<Env>, name: string): string | undefined {
  const incoming = c.env.incoming
  if (incoming === undefined) return c.req.raw.headers.get(name) ?? undefined
  const value = incoming.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** The request's body; an ApiError when it is larger than 32 MiB or its client hung up. */
export async function readBody(c: Context<Env>): Promise<Buffer> {
  if (Number(headerOf(c, 'content-length') ?? 0) > MAX_BODY) throw tooLarge()
  const incoming = c.env.incoming
  return incoming === undefined ? readWeb(c.req.raw.body) : readNode(incoming)
}

function tooLarge(): ApiError {
  return new ApiError('body_too_large', { reason: `The request body is too large; at most ${MAX_BODY} bytes are read.` })
}

async function readNode(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= MAX_BODY) return void chunks.push(chunk)
      incoming.off('data', onData).resume() // the rest is read and dropped, so that the client can read the answer
      reject(tooLarge())
    }
    incoming
      .on('data', onData)
      .once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
      .once('close', () => reject(new ApiError('invalid_body', { reason: 'The request body ended too early.' })))
      .once('error', () => reject(new ApiError('invalid_body', { reason: 'The request body ended too early.' })))
  })
}

async function readWeb(body: ReadableStream<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_BODY) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const HOST = /^(?:[a-z\d](?:[a-z\d._-]{0,252})|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i
const IN_PROCESS = 'http://mock.invalid'

/** Whether a Host header holds a plain `host[:port]`. */
export function isHost(text: string): boolean {
  return HOST.test(text)
}

/** What links begin with: the public URL, else the request's Host where that is a plain `host[:port]`, else where we listen. */
export function baseOf(c: Context<Env>, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl
  const { incoming, address = IN_PROCESS } = c.env
  if (incoming === undefined) return IN_PROCESS
  const { host } = incoming.headers
  return host !== undefined && isHost(host) ? `http://${host}` : address
}
