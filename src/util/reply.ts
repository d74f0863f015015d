/** A piece of a streamed body: what is sent, and how long to wait before it. */
export interface Frame {
  /** Milliseconds. */
  readonly wait: number
  readonly data: string | Uint8Array
  /** Sent by itself: the next frame waits until this one is sent. */
  readonly isAlone?: true
  /** The connection is reset instead of sending data. */
  readonly isReset?: true
}

/** An HTTP response as plain data. Scenarios edit it, the journal records it, `send` writes it. */
export interface Reply {
  readonly status: number
  /** Names in lower case, without Content-Length. */
  readonly headers: Readonly<Record<string, string>>
  /** Frames are iterated several times. Long streams create them each time, so that they are not held. */
  readonly body: string | Uint8Array | Iterable<Frame>
  /** Milliseconds before the headers are sent. */
  readonly wait?: number
  /** What the mock did differently from what was requested, for `x-mock-note`. */
  readonly notes?: readonly string[]
  /** The names of the pictures whose bytes the body contains as data URIs, in their order. */
  readonly drawn?: readonly string[]
}

/** The headers of JSON responses. A browser must not guess another type. */
export const JSON_HEADERS = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }

/** The headers of a stream of events. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

/** Creates a JSON response. */
export function jsonReply(value: unknown, { status = 200, headers }: Partial<Reply> = {}): Reply {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value) }
}

/** Whether a Reply's body is sent piece by piece. */
export function isStream(body: Reply['body']): body is Iterable<Frame> {
  return typeof body !== 'string' && !(body instanceof Uint8Array)
}

/** Encodes a body of text, or of one frame, as bytes. Other bodies are returned unchanged. */
export function encodeBody(body: Reply['body']): Reply['body'] {
  if (typeof body === 'string') return Buffer.from(body)
  if (!isList(body)) return body
  const [first, second] = body
  if (first === undefined || second !== undefined || typeof first.data !== 'string') return body
  return [{ ...first, data: Buffer.from(first.data) }]
}

function isList(body: Reply['body']): body is readonly Frame[] {
  return Array.isArray(body)
}

/** What is known about the frames of a stream without creating them. */
export interface FrameTotals {
  /** Estimated bytes that the frames need in memory until they are sent. */
  readonly held: number
  /** Bytes that are sent, or a few more. */
  readonly sent: number
  /** Fewer frames with the same bytes at the same times, for a reader to whom frames do not matter. */
  readonly joined?: Iterable<Frame>
}

/** Frames that are created each time they are iterated. Otherwise a long stream would be held in memory. */
class CreatedFrames implements Iterable<Frame> {
  readonly totals: FrameTotals
  readonly #create: () => Iterator<Frame>

  constructor(create: () => Iterator<Frame>, totals: FrameTotals) {
    this.#create = create
    this.totals = totals
  }

  [Symbol.iterator](): Iterator<Frame> {
    return this.#create()
  }
}

/** Creates frames each time they are iterated. `totals` are known before, so that counting them creates none. */
export function createFrames(create: () => Iterator<Frame>, totals: FrameTotals): Iterable<Frame> {
  return new CreatedFrames(create, totals)
}

/** The bytes of a stream at their times, in as few frames as are known. */
export function joinedFrames(frames: Iterable<Frame>): Iterable<Frame> {
  return (frames instanceof CreatedFrames ? frames.totals.joined : undefined) ?? frames
}

/** The totals of the frames of a stream. Iterates only frames that are held. */
export function totalsOf(frames: Iterable<Frame>): FrameTotals {
  if (frames instanceof CreatedFrames) return frames.totals
  let [held, sent] = [0, 0]
  for (const frame of frames) {
    held += 64 + 2 * frame.data.length
    sent += Buffer.byteLength(frame.data)
  }
  return { held, sent }
}

/** Joins notes for a header: printable ASCII, at most 500 characters. */
export function joinNotes(notes: readonly string[]): string {
  return notes
    .join('; ')
    .slice(0, 500)
    .replaceAll(/[^\x20-\x7e]/g, '?')
}
