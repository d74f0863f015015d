import { createParser } from 'eventsource-parser'

/** A chat request, ready to be sent. */
export interface ChatRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

/** What happens to a chat request. `at` is in milliseconds since it was sent. */
export type ChatEvent =
  | { readonly kind: 'head'; readonly at: number; readonly status: number; readonly headers: Headers }
  /** One server-sent event, or a comment between two of them. */
  | {
      readonly kind: 'event' | 'comment'
      readonly at: number
      readonly data: string
      readonly name?: string | undefined
    }
  /** The body of a response that is not an event stream. */
  | { readonly kind: 'body'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number }
  | { readonly kind: 'cancelled'; readonly at: number }
  /** The connection failed: before the response, or within it. */
  | { readonly kind: 'failed'; readonly at: number; readonly reason: string }

/**
 * Sends a chat request and tells what is received, when it is received. Never rejects. The signal cancels the request:
 * the mock then sees that its client has disconnected.
 */
export async function sendChat(
  { url, headers, body }: ChatRequest,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (event: ChatEvent) => void },
): Promise<void> {
  const start = performance.now()
  const now = (): number => performance.now() - start
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    tell({ kind: 'head', at: now(), status: response.status, headers: response.headers })
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (isStream && response.body !== null) await readEvents(response.body, { now, tell })
    else tell({ kind: 'body', text: await response.text(), at: now() })
    tell({ kind: 'end', at: now() })
  } catch (error) {
    if (signal.aborted) tell({ kind: 'cancelled', at: now() })
    else tell({ kind: 'failed', at: now(), reason: error instanceof Error ? error.message : String(error) })
  }
}

async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { now, tell }: { readonly now: () => number; readonly tell: (event: ChatEvent) => void },
): Promise<void> {
  const parser = createParser({
    onEvent: ({ data, event: name }) => tell({ kind: 'event', at: now(), data, name }),
    onComment: (data) => tell({ kind: 'comment', at: now(), data }),
  })
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    parser.feed(value)
  }
}
