import type { IncomingMessage } from 'node:http'
import { ApiError } from '../errors/api-error.ts'
import { nextTurn } from './next-turn.ts'

/** The largest body that is read, in bytes: 32 MiB. */
const MAX_BODY = 33_554_432

/** A body that is being taken. */
export interface Body {
  /** The whole; an ApiError when it is too large or its client hung up. */
  readonly read: () => Promise<Buffer>
  /** Lets go of it, whether it was read or not: what is still to come is dropped. */
  readonly release: () => void
}

/** Takes a request's body as it comes: in the turn after its head most are whole. */
export function takeBody(incoming: IncomingMessage): Body {
  let chunks: Buffer[] = []
  let size = 0
  let outcome: Buffer | ApiError | undefined
  let wake: (() => void) | undefined
  const settle = (as: Buffer | ApiError): void => {
    outcome ??= as
    wake?.()
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    if (size <= MAX_BODY) return void chunks.push(chunk)
    drop()
    settle(tooLarge())
  }
  const onEnd = (): void => {
    settle(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
    chunks = []
  }
  const drop = (): void => {
    chunks = []
    if (!incoming.complete) incoming.off('data', onData).resume() // the rest is read and dropped, so that the client can read the answer
  }
  const onLoss = (): void =>
    incoming.complete
      ? undefined
      : settle(new ApiError('invalid_body', { reason: 'The request body ended too early.' }))
  incoming.on('data', onData).on('end', onEnd).on('close', onLoss).on('error', onLoss)
  const read = async (): Promise<Buffer> => {
    if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge()
    if (outcome === undefined) {
      await new Promise<void>((resolve) => (wake = resolve))
      await nextTurn()
    }
    if (outcome instanceof Buffer) return outcome
    throw outcome ?? new ApiError('invalid_body')
  }
  const release = (): void => {
    drop()
    outcome = undefined
  }
  return { read, release }
}

/** The body of a request that was made in this process; an ApiError as `Body.read` has. */
export async function readWeb({ body, signal }: Request): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  const hangUp = (): void => void reader?.cancel().catch(() => {})
  signal.addEventListener('abort', hangUp)
  try {
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      size += part.value.length
      if (size > MAX_BODY) throw tooLarge()
      chunks.push(part.value)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    hangUp()
    throw error instanceof ApiError
      ? error
      : new ApiError('invalid_body', { reason: 'The request body ended too early.' })
  } finally {
    signal.removeEventListener('abort', hangUp)
  }
}

function tooLarge(): ApiError {
  return new ApiError('body_too_large', {
    reason: `The request body is too large; at most ${MAX_BODY} bytes are read.`,
  })
}
