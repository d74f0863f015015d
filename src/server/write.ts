import type { ServerResponse } from 'node:http'
import type { Frame, Reply } from '../reply/reply.ts'
import { isStream } from '../reply/reply.ts'
import type { Timer } from './settings.ts'

/** How long a reader may take nothing before it is dropped, in milliseconds. */
const STALLED = 60_000

/** How a writer waits, and the signal by which the server's end stops it. */
export interface Pacing {
  readonly timer: Timer
  readonly ending: AbortSignal
}

/** Writes a Reply onto Node's socket; done when all was handed over, or the client is gone. A stream that the server's end stops closes after its last whole frame. */
export async function writeNode(reply: Reply, outgoing: ServerResponse, pacing: Pacing): Promise<void> {
  const { body } = reply
  if ((reply.wait ?? 0) > 0 && !(await pause(reply.wait ?? 0, outgoing, pacing))) return void outgoing.destroy()
  if (outgoing.destroyed) return
  if (!isStream(body)) {
    if (reply.status === 204 || reply.status === 304) return void outgoing.writeHead(reply.status, reply.headers).end()
    outgoing.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(body) }).end(body) // a string travels with its head in one write
  } else {
    await writeFrames(body, reply, { outgoing, pacing })
  }
  if (outgoing.writableLength > 0) outgoing.setTimeout(STALLED, () => outgoing.destroy())
}

async function writeFrames(frames: readonly Frame[], { status, headers }: Reply, { outgoing, pacing }: { outgoing: ServerResponse; pacing: Pacing }): Promise<void> {
  for (const [i, { wait, data }] of frames.entries()) {
    const goesOn = wait <= 0 || (await pause(wait, outgoing, pacing))
    if (outgoing.destroyed) return
    if (!goesOn) return void (i === 0 ? outgoing.destroy() : outgoing.end())
    if (i === 0) outgoing.writeHead(status, headers) // headers are held until the first content [S]
    if (i === frames.length - 1) outgoing.end(data)
    else if (!outgoing.write(data)) await drained(outgoing)
  }
}

async function pause(ms: number, outgoing: ServerResponse, { timer, ending }: Pacing): Promise<boolean> {
  const gone = new AbortController()
  const hangUp = (): void => gone.abort()
  outgoing.once('close', hangUp)
  try {
    await timer(ms, AbortSignal.any([gone.signal, ending]))
    return true
  } catch {
    return false
  } finally {
    outgoing.off('close', hangUp)
  }
}

async function drained(outgoing: ServerResponse): Promise<void> {
  outgoing.setTimeout(STALLED, () => outgoing.destroy())
  await new Promise<void>((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.once('drain', done).once('close', done)
  })
  outgoing.setTimeout(0)
}

/** A Reply as a web Response; its stream is written as it is read. Rejects when the client or the server's end stops a wait before the head. */
export async function toResponse(reply: Reply, pacing: Pacing, hangUp: AbortSignal): Promise<Response> {
  const { status, headers, body, wait = 0 } = reply
  const before = wait + (isStream(body) ? (body[0]?.wait ?? 0) : 0) // headers are held until the first content [S]
  if (before > 0) await pacing.timer(before, AbortSignal.any([pacing.ending, hangUp]))
  if (status === 204 || status === 304) return new Response(null, { status, headers })
  if (isStream(body)) return new Response(toStream(body, pacing, hangUp), { status, headers })
  return new Response(typeof body === 'string' ? body : new Uint8Array(body), { status, headers })
}

function toStream(frames: readonly Frame[], { timer, ending }: Pacing, hangUp: AbortSignal): ReadableStream<Uint8Array> {
  const left = frames.entries()
  const cancelled = new AbortController()
  const stop = AbortSignal.any([ending, hangUp, cancelled.signal])
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = left.next()
      if (done === true) return controller.close()
      const [i, { wait, data }] = value
      try {
        if (i > 0 && wait > 0) await timer(wait, stop)
      } catch (error) {
        return ending.aborted ? controller.close() : controller.error(error)
      }
      controller.enqueue(encoder.encode(data))
    },
    cancel: () => cancelled.abort(),
  })
}
