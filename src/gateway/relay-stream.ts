import type { Frame } from '../util/reply.ts'
import { type StreamEnd, EventRelay } from './event-relay.ts'

/** Milliseconds of silence after which the gateway ends a stream: its default [M]. */
const TIMEOUT = 300_000

/** How a stream is passed on. */
export interface StreamRelay extends StreamEnd {
  /** Milliseconds of silence after which the gateway sends a comment. Undefined: never, its default [M]. */
  readonly ping: number | undefined
  /** Milliseconds that have passed before the first frame. */
  readonly before: number
}

/** The frames that a client receives through the gateway for those of a vendor. */
export function* relayFrames(frames: Iterable<Frame>, { ping, before, ...end }: StreamRelay): Generator<Frame> {
  const relay = new EventRelay(end)
  let silence = before
  let ready = ''
  for (const { wait, data, isReset } of frames) {
    if (wait > 0 && ready !== '') {
      yield* afterSilence(silence, ready, ping)
      silence = 0
      ready = ''
    }
    if (wait > TIMEOUT) {
      silence += TIMEOUT
      break
    }
    silence += wait
    if (isReset !== undefined) break
    ready += relay.push(data)
    if (relay.isDone) break
  }
  yield* afterSilence(silence, ready + relay.finish(), ping)
}

/** A frame after some silence, with the comments that the gateway sends meanwhile. */
export function* afterSilence(silence: number, data: string, ping: number | undefined): Generator<Frame> {
  const pings = ping === undefined ? 0 : Math.floor(silence / ping)
  for (let i = 0; i < pings; i++) yield { wait: ping ?? 0, data: ': PING\n\n' }
  yield { wait: silence - pings * (ping ?? 0), data }
}
