import { setImmediate } from 'node:timers/promises'
import { type Frame, type Reply, isStream } from '../util/reply.ts'
import { closeConnection, isGone, resetConnection } from './client.ts'
import type { AppContext } from './context.ts'
import { Waits } from './waits.ts'

/** Thrown in process, where there is no connection to close: `fetch` rejects with the cause. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** Called when a response is read to its end, or its client has disconnected (`hungUp`). Only the first call counts. */
type End = (hungUp: boolean) => Promise<void>

/** What `toResponse` reports. */
export interface Progress {
  /** Called before the first byte is sent. */
  readonly start: () => void
  readonly end: End
}

/**
 * A complete Reply as a Response. Resolves when the headers are due: those of a stream come with its first frame, as
 * the gateway sends it [S]. A Reply without waits has one body. All others are streams of the same bytes.
 */
export async function toResponse(c: AppContext, reply: Reply, { start, end }: Progress): Promise<Response> {
  const { status, headers, body, wait = 0 } = reply
  const frames = isStream(body) ? new Upcoming(body) : undefined
  const first = frames?.take()
  const before = wait + (first?.wait ?? 0)
  const isWhole =
    first === undefined || (frames?.next === undefined && first.isAlone === undefined) || c.req.method === 'HEAD'
  if (before > 0 || !isWhole) {
    const waits = new Waits(c)
    if (before > 0 && !(await waits.pass(before))) return noAnswer(c, waits, end)
    if (!isWhole && frames !== undefined) {
      start()
      return new Response(toStream(c, { first, frames }, { waits, end }), { status, headers })
    }
    waits.end()
  }
  const isReset = first?.isReset !== undefined
  const hungUp = isGone(c) && !isReset
  if (!isReset && !hungUp) start()
  await end(hungUp)
  if (isReset) return resetAtOnce(c)
  const data = isStream(body) ? (first?.data ?? '') : body
  return new Response(c.req.method === 'HEAD' ? null : bodyOf(data), { status, headers })
}

/** The frames of a stream that are not sent yet. */
class Upcoming {
  /** Undefined after the last one. */
  next: Frame | undefined
  readonly #frames: Iterator<Frame>

  constructor(frames: Iterable<Frame>) {
    this.#frames = frames[Symbol.iterator]()
    this.take()
  }

  /** Takes the next frame. */
  take(): Frame | undefined {
    const taken = this.next
    const { done, value } = this.#frames.next()
    this.next = done === true ? undefined : value
    return taken
  }
}

async function resetAtOnce(c: AppContext): Promise<Response> {
  if (await resetConnection(c, false)) return new Response(null)
  throw new NoAnswer('reset', { cause: connectionReset('fetch failed') })
}

// Bytes are copied only if they are in shared memory.
function bodyOf(data: string | Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (data.length === 0) return null
  const isOwn = data instanceof Uint8Array && data.buffer instanceof ArrayBuffer
  return isOwn ? new Uint8Array(data.buffer, data.byteOffset, data.length) : toBytes(data)
}

// The client disconnected or the mock shut down before the headers were due, or a timer failed.
async function noAnswer(c: AppContext, waits: Waits, end: End): Promise<Response> {
  waits.end()
  if (waits.error !== undefined) c.get('mock').onFault(waits.error)
  await end(isGone(c))
  if (closeConnection(c)) return new Response(null)
  throw new NoAnswer('stopped', { cause: waits.error ?? new TypeError('fetch failed') })
}

function toStream(
  c: AppContext,
  { first, frames }: { readonly first: Frame | undefined; readonly frames: Upcoming },
  { waits, end }: { readonly waits: Waits; readonly end: End },
): ReadableStream<Uint8Array> {
  let frame = first
  let isOver = false
  const finish = async (hungUp: boolean): Promise<void> => {
    isOver = true
    waits.end()
    await end(hungUp)
  }
  const reset = async (controller: ReadableStreamDefaultController): Promise<void> => {
    await finish(false)
    if (!(await resetConnection(c, true))) controller.error(connectionReset('terminated'))
  }
  const fail = async (controller: ReadableStreamDefaultController): Promise<void> => {
    c.get('mock').onFault(waits.error)
    await finish(isGone(c))
    if (!closeConnection(c)) controller.error(waits.error)
  }
  return new ReadableStream(
    {
      start(controller) {
        waits.signal.addEventListener('abort', () => {
          if (isOver) return
          const { signal } = c.req.raw
          if (signal.aborted && c.env.incoming === undefined) controller.error(signal.reason)
          else controller.close() // after the last whole frame
          void finish(isGone(c))
        })
      },
      async pull(controller) {
        const { wait, data, isAlone, isReset } = frame ?? { wait: 0, data: '' }
        if (frame !== first && !(await waits.pass(wait)))
          return waits.error === undefined ? undefined : fail(controller)
        frame = frames.take()
        if (isReset !== undefined) return reset(controller)
        if (data.length > 0) controller.enqueue(toBytes(data))
        if (frame === undefined) {
          controller.close()
          await finish(false)
        } else if (isAlone !== undefined) await setImmediate() // sends this frame by itself
      },
      cancel: async () => finish(true),
    },
    { highWaterMark: 0 },
  )
}

const encoder = new TextEncoder()

// A copy, because its reader may change it.
function toBytes(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof data === 'string' ? encoder.encode(data) : new Uint8Array(data)
}

// The error that the global fetch reports.
function connectionReset(message: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}
