import type { Frame } from '../util/reply.ts'

/** Maximum number of events of a stream whose times are recorded. */
export const MAX_EVENTS = 1000

/** The events of a stream: where and when each is complete. */
export interface StreamTimes {
  /** The bytes of the stream, one character each. */
  readonly bytes: string
  /** The index after each event with its blank line, into `bytes`. At most MAX_EVENTS. */
  readonly ends: readonly number[]
  /** Planned milliseconds from the request until each event is complete. */
  readonly times: readonly number[]
}

const BLANK_LINE = /\r?\n\r?\n/g

/** Finds the events of a stream. An event at the end without a blank line is incomplete, so it has no time. */
export function streamTimes(frames: readonly Frame[], wait: number): StreamTimes {
  const parts = frames.map(({ data }) => (typeof data === 'string' ? Buffer.from(data) : data))
  const bytes = Buffer.concat(parts).toString('latin1')
  const ends: number[] = []
  const times: number[] = []
  let sent = 0
  let time = wait
  let next = 0
  for (const { 0: blankLine, index } of bytes.matchAll(BLANK_LINE)) {
    if (ends.length === MAX_EVENTS) break
    const end = index + blankLine.length
    for (; sent < end; next++) {
      sent += parts[next]?.length ?? 0
      time += frames[next]?.wait ?? 0
    }
    ends.push(end)
    times.push(Math.round(time))
  }
  return { bytes, ends, times }
}

/** The number and the time of the event that contains an index; neither if none does. */
export function eventAt(
  { ends, times }: StreamTimes,
  index: number,
): { readonly event?: number; readonly at?: number } {
  const event = ends.findIndex((end) => index < end)
  return event < 0 ? {} : { event, at: times[event] ?? 0 }
}
