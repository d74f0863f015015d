import { ApiError } from '../errors/api-error.ts'
import { MAX_BODY } from '../util/json.ts'
import type { AppContext } from './context.ts'

/** Reads the body of a request. Throws an ApiError if it is too large, or if the client has disconnected. */
export async function readBody(c: AppContext): Promise<Buffer> {
  const context = c.get('context')
  const length = c.req.header('content-length')
  if (Number(length ?? 0) > MAX_BODY) throw tooLarge()
  context.isBodyRead = true
  try {
    const bytes = length === undefined ? await readChunks(c) : Buffer.from(await c.req.raw.arrayBuffer())
    if (c.env.incoming?.complete === false) throw new Error('the rest of the body is not valid HTTP')
    return bytes
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('invalid_body', { reason: 'The request body ended too early.' })
  }
}

// Reads a body of unknown length. hono/body-limit would create a second Request for it, and for every other body.
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
      else void drop(reader).catch(() => {}) // cancelling the body would close the connection before the response
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

/** The error for a body that is too large. */
export function tooLarge(): ApiError {
  return new ApiError('body_too_large', {
    reason: `The request body is too large. The limit is ${MAX_BODY} bytes.`,
  })
}
