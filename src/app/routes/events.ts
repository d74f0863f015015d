import { type Subscriber, eventsOf } from '../event-hub.ts'
import { closeConnection, dropBody, isGone } from '../client.ts'
import type { AppContext } from '../context.ts'
import { completed, toLogEntry } from '../send.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no', // nginx sends each event at once
}

/**
 * Responds with the events of a session or of all, until the client disconnects or the mock begins to shut down. It does
 * not use `send`: a Reply is plain data, and these events are not known yet. Throws an ApiError or StoreUnavailable.
 */
export async function sendEvents(c: AppContext): Promise<Response> {
  const context = c.get('context')
  const mock = c.get('mock')
  const session = context.session === '' ? undefined : context.session
  const subscriber = await eventsOf(mock.store).join({ session, after: c.req.header('last-event-id') })
  const { requestId, notes } = context
  const reply = completed({ status: 200, headers: HEADERS, body: [] }, { requestId, headers: {}, notes }, mock)
  const { status, headers } = reply
  const countEnd = mock.metrics.begin(true)
  const end = (hungUp: boolean): void => {
    const duration = performance.now() - context.started
    countEnd(mock.labelsOf(context, status), duration / 1000)
    mock.onExchange?.(toLogEntry(context, reply, { duration, hungUp }))
    c.env.onEnd?.()
  }
  dropBody(c)
  const stream = toStream(c, subscriber, end)
  if (c.req.method !== 'HEAD') return new Response(stream, { status, headers })
  await stream.cancel()
  return new Response(null, { status, headers })
}

// The client's part of the events. What it has not read stays in the hub.
function toStream(c: AppContext, subscriber: Subscriber, end: (hungUp: boolean) => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const { signal } = c.req.raw
  const { closing, ending } = c.get('mock')
  const signals = [closing, ending, signal]
  const listening = new AbortController()
  let isOver = false
  let isReading = false // otherwise the client is too slow: the end of the stream would wait for it
  const leave = (hungUp: boolean): void => {
    isOver = true
    listening.abort()
    subscriber.leave()
    end(hungUp)
  }
  return new ReadableStream(
    {
      start(controller) {
        const abort = (): void => {
          if (isOver) return
          leave(isGone(c))
          if (!isReading && closeConnection(c)) return
          if (signal.aborted && c.env.incoming === undefined) controller.error(signal.reason)
          else controller.close()
        }
        for (const one of signals) one.addEventListener('abort', abort, { signal: listening.signal })
        if (signals.some(({ aborted }) => aborted)) abort()
      },
      async pull(controller) {
        isReading = true
        const text = await subscriber.next()
        isReading = false
        if (text !== undefined && !isOver) controller.enqueue(encoder.encode(text))
      },
      cancel: () => (isOver ? undefined : leave(true)),
    },
    { highWaterMark: 0 },
  )
}
