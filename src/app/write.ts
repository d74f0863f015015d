import type { ServerResponse } from 'node:http'
import type { Frame, Reply } from '../util/reply.ts'
import { isStream } from '../util/reply.ts'
import type { Timer } from './settings.ts'

/** How long a reader may take nothing before it is dropped, in milliseconds. */
const STALLED = 60_000

/** Waits in real time. */
export const realTimer: Timer = async (ms, signal) => {
  const { setTimeout: sleep } = await import('node:timers/promises')
  await sleep(ms, undefined, signal === undefined ? {} : { signal })
}

/** How a writer waits, and the signal by which the server's end stops it. */
export interface Pacing {
  readonly timer: Timer
  readonly ending: AbortSignal
  /** Milliseconds that a reader may take nothing before it is dropped; a minute unless it is given. */
  readonly stalled?: number
}

/**
 * Writes a Reply onto Node's socket; done when all was handed over, or the client is gone: then it gives false. A stream
 * that the server's end stops closes after its last whole frame.
 */
export async function writeNode(reply: Reply, outgoing: ServerResponse, pacing: Pacing): Promise<boolean> {
  await write(reply, outgoing, pacing)
  return outgoing.writableEnded || !outgoing.req.socket.destroyed || endsInReset(reply)
}

function endsInReset({ body }: Reply): boolean {
  return isStream(body) && body.at(-1)?.isReset !== undefined
}

async function write(reply: Reply, outgoing: ServerResponse, pacing: Pacing): Promise<void> {
  const { body, wait = 0 } = reply
  if (outgoing.req.socket.destroyed) return
  if (!isStream(body) && wait <= 0) return writeWhole(reply, body, { outgoing, pacing })
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  const { socket } = outgoing.req // of a pipelined request's answer, the socket closes and the answer does not
  socket.setMaxListeners(0)
  socket.once('close', abort)
  pacing.ending.addEventListener('abort', abort)
  if (pacing.ending.aborted) abort()
  try {
    if (wait > 0 && !(await pause(wait, stop.signal, pacing))) return void outgoing.destroy()
    if (isStream(body)) await writeFrames(body, reply, { outgoing, stop: stop.signal, pacing })
    else writeWhole(reply, body, { outgoing, pacing })
  } finally {
    socket.off('close', abort)
    pacing.ending.removeEventListener('abort', abort)
  }
}

function writeWhole(
  { status, headers }: Reply,
  body: string | Uint8Array,
  { outgoing, pacing }: Pick<Writing, 'outgoing' | 'pacing'>,
): void {
  if (isBodiless(status)) return void outgoing.writeHead(status, headers).end()
  const head: string[] = ['content-length', String(Buffer.byteLength(body))]
  for (const name in headers) head.push(name, headers[name] ?? '')
  outgoing.writeHead(status, head)
  // A string travels with its head in one write; of bytes, Latin 1 makes one without changing any.
  if (typeof body === 'string') outgoing.end(body)
  else if (body.length > MAX_COPIED) outgoing.end(body)
  else outgoing.end(latin1(body), 'latin1')
  dropStalled(outgoing, pacing)
}

/** Bytes of a body that are sooner copied than written by themselves. */
const MAX_COPIED = 16_384

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

interface Writing {
  readonly outgoing: ServerResponse
  /** Aborted when the client is gone or the server ends. */
  readonly stop: AbortSignal
  readonly pacing: Pacing
}

async function writeFrames(
  frames: readonly Frame[],
  { status, headers }: Reply,
  { outgoing, stop, pacing }: Writing,
): Promise<void> {
  const pace = createPace(stop, pacing)
  for (const [i, { wait, data, isAlone, isReset }] of frames.entries()) {
    const goesOn = await pace(wait)
    if (outgoing.destroyed || outgoing.req.socket.destroyed) return
    if (!goesOn) return void (i === 0 ? outgoing.destroy() : outgoing.end())
    if (isReset !== undefined) return void outgoing.req.socket.resetAndDestroy()
    if (i === 0) outgoing.writeHead(status, headers) // headers are held until the first content [S]
    if (i === frames.length - 1) outgoing.end(data)
    else if (isAlone !== undefined) await sent(outgoing, data)
    else if (!outgoing.write(data)) await drained(outgoing, pacing)
  }
  dropStalled(outgoing, pacing)
}

// Waits between frames. What a timer, a busy process or a slow reader was late, the next waits make up for, unless time is
// somebody else's: then each wait is what the answer says.
function createPace(stop: AbortSignal, pacing: Pacing): (wait: number) => Promise<boolean> | boolean {
  if (pacing.timer !== realTimer) return (wait) => wait <= 0 || pause(wait, stop, pacing)
  const pauseFor = createSleep(stop)
  let due = performance.now()
  return (wait) => {
    due += wait
    const left = Math.min(wait, due - performance.now())
    return left <= 0 || pauseFor(left)
  }
}

// Waits in real time; false when it was stopped. It listens to the signal once for all waits, which come by the thousand.
function createSleep(stop: AbortSignal): (ms: number) => Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  let wake: ((goesOn: boolean) => void) | undefined
  stop.addEventListener('abort', () => {
    clearTimeout(timer)
    wake?.(false)
  })
  return async (ms) =>
    new Promise((resolve) => {
      if (stop.aborted) return resolve(false)
      wake = resolve
      timer = setTimeout(resolve, ms, true)
    })
}

// Until the data has left this process, or nobody takes it any more; in a turn of its own, so that others have theirs.
async function sent(outgoing: ServerResponse, data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    outgoing.req.socket.once('close', resolve)
    outgoing.write(data, () => {
      outgoing.req.socket.off('close', resolve)
      setImmediate(resolve)
    })
  })
}

// False when it was stopped; a timer that fails by itself is a fault.
async function pause(ms: number, stop: AbortSignal, { timer }: Pacing): Promise<boolean> {
  try {
    await timer(ms, stop)
    return true
  } catch (error) {
    if (stop.aborted) return false
    throw error
  }
}

function dropStalled(outgoing: ServerResponse, { stalled = STALLED }: Pacing): void {
  if (outgoing.writableLength > 0) outgoing.setTimeout(stalled) // nobody listens: Node then ends the connection
}

async function drained(outgoing: ServerResponse, { stalled = STALLED }: Pacing): Promise<void> {
  outgoing.setTimeout(stalled) // nobody listens: Node then ends the connection
  const { socket } = outgoing.req
  await new Promise<void>((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    outgoing.once('drain', done)
    socket.once('close', done)
  })
  outgoing.setTimeout(0)
}

/** Who reads a web Response. */
export interface Reader {
  /** Aborts when nobody reads any more. */
  readonly hangUp: AbortSignal
  /** Told when the whole was read, or nobody reads any more. */
  readonly ended: () => void
}

/** A Reply as a web Response; its stream is written as it is read. Rejects when the reader or the server's end stops a wait before the head. */
export async function toResponse(reply: Reply, pacing: Pacing, reader: Reader): Promise<Response> {
  const { status, headers, body, wait = 0 } = reply
  const before = wait + (isStream(body) ? (body[0]?.wait ?? 0) : 0) // headers are held until the first content [S]
  if (before > 0) await pacing.timer(before, AbortSignal.any([pacing.ending, reader.hangUp]))
  if (isStream(body) && body[0]?.isReset === undefined && !isBodiless(status))
    return new Response(toStream(body, pacing, reader), { status, headers })
  reader.ended()
  if (isBodiless(status)) return new Response(null, { status, headers })
  if (isStream(body)) throw new TypeError('fetch failed', { cause: resetError().cause })
  return new Response(toStream([{ wait: 0, data: body }], pacing, reader), { status, headers })
}

function toStream(
  frames: readonly Frame[],
  { timer, ending }: Pacing,
  { hangUp, ended }: Reader,
): ReadableStream<Uint8Array> {
  const left = frames.entries()
  const done = new AbortController()
  const stop = AbortSignal.any([ending, hangUp, done.signal])
  const encoder = new TextEncoder()
  const finish = (doing: () => void): void => {
    if (done.signal.aborted) return
    done.abort()
    doing()
    ended()
  }
  return new ReadableStream({
    start(controller) {
      hangUp.addEventListener('abort', () => finish(() => controller.error(hangUp.reason)), { signal: done.signal })
    },
    async pull(controller) {
      const { value, done: isOver } = left.next()
      if (isOver === true) return finish(() => controller.close())
      const [i, { wait, data, isReset }] = value
      try {
        if (i > 0 && wait > 0) await timer(wait, stop)
      } catch (error) {
        return finish(() =>
          ending.aborted ? controller.close() : controller.error(hangUp.aborted ? hangUp.reason : error),
        )
      }
      if (done.signal.aborted) return
      if (isReset !== undefined) finish(() => controller.error(resetError()))
      else if (data.length === 0) finish(() => controller.close())
      else controller.enqueue(typeof data === 'string' ? encoder.encode(data) : new Uint8Array(data)) // a copy: its reader may do with it what it likes
    },
    cancel: () => finish(() => {}),
  })
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

// As the global fetch tells of it.
function resetError(): TypeError {
  return new TypeError('terminated', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) })
}
