import { EventSourceParserStream } from 'eventsource-parser/stream'

/** One server-sent event of `GET /__mock/events`. */
export interface LiveEvent {
  readonly event: string
  readonly data: unknown
}

/** Whether the page hears of changes: `live`, or the status of the response that ended it; 0 without a response. */
export type Connection = 'live' | number

/** What a reader of the event stream receives. */
export type LiveMessage = LiveEvent | { readonly connection: Connection }

/** Milliseconds between two attempts to connect: the first, and the longest. */
const RETRY = { first: 500, longest: 5000 }

/**
 * Follows an event stream until the signal aborts. It connects again after each end, and continues after the last
 * event that it has received. `fetch` is used because an EventSource cannot send the control token.
 */
export async function follow(
  url: string,
  {
    headers,
    signal,
    tell,
  }: { headers: Record<string, string>; signal: AbortSignal; tell: (message: LiveMessage) => void },
): Promise<void> {
  let lastId: string | undefined
  let wait = RETRY.first
  while (!signal.aborted) {
    let status = 0
    try {
      const resume: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId }
      const response = await fetch(url, { headers: { ...headers, ...resume, accept: 'text/event-stream' }, signal })
      status = response.ok ? 0 : response.status
      if (response.ok && response.body !== null) {
        wait = RETRY.first
        tell({ connection: 'live' })
        for await (const { id, event = 'message', data } of eventsIn(response.body)) {
          lastId = id ?? lastId
          tell({ event, data: JSON.parse(data) })
        }
      }
    } catch {
      // The connection ended. The next attempt follows.
    }
    if (signal.aborted) return
    tell({ connection: status })
    await new Promise((resolve) => setTimeout(resolve, wait))
    wait = Math.min(wait * 2, RETRY.longest)
  }
}

async function* eventsIn(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
