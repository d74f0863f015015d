import { ApiError } from '../errors/api-error.ts'
import type { AppContext } from './context.ts'

const MAX_BODY = 33_554_432 // the largest body that is read, in bytes: 32 MiB

/** The body of a request; an ApiError if it is too large, or if its client disconnected. */
export async function readBody(c: AppContext): Promise<Buffer> {
  const context = c.get('context')
  const length = c.req.header('content-length')
  if (Number(length ?? 0) > MAX_BODY) throw tooLarge()
  context.isBodyRead = true
  try {
    return length === undefined ? await readChunks(c) : Buffer.from(await c.req.raw.arrayBuffer())
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('invalid_body', { reason: 'The request body ended too early.' })
  }
}

// A body of unknown length. hono/body-limit would make a second web Request of it, and one of every other body too.
async function readChunks(c: AppContext): Promise<Buffer> {
  const { body, signal } = c.req.raw
  const reader = body?.getReader()
  const cancel = (): void => void reader?.cancel().catch(() => {})
  if (c.env.incoming === undefined) signal.addEventListener('abort', cancel, { once: true })
  const chunks: Uint8Array[] = []
  let size = 0
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    size += part.value.length
    if (size > MAX_BODY) {
      if (c.env.incoming === undefined) cancel()
      else void drop(reader).catch(() => {}) // to cancel the body would close the connection before the answer
      throw tooLarge()
    }
    chunks.push(part.value)
  }
  if (signal.aborted) throw new Error('aborted')
  return Buffer.concat(chunks)
}

async function drop(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  while ((await reader?.read())?.done === false);
}

function tooLarge(): ApiError {
  return new ApiError('body_too_large', {
    reason: `The request body is too large; at most ${MAX_BODY} bytes are read.`,
  })
}
