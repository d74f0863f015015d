import { type Frame, createFrames, totalsOf } from '../util/reply.ts'
import type { Answer } from './answer.ts'
import type { ChatRequest } from './chat-request.ts'
import type { End, Step } from './step.ts'

/** Milliseconds of silence after which the gateway sends a comment, independent of the pace [S]. */
const PING_EVERY = 10_000
const PING: Frame = { wait: PING_EVERY, data: ': PING\n\n' }
const MAX_WAIT = 86_400_000 // a day, independent of the pace

interface PlannedFrame extends Frame {
  /** Number of comments before it. */
  readonly pings?: number
}

// The next frame. If a scenario caused the silence before it, the gateway sends no comments.
interface Pending {
  readonly wait: number
  readonly isSilent: boolean
  data: string
}

/** How a stream is written. */
interface StreamOptions extends Pick<ChatRequest, 'usage' | 'hasPings'> {
  readonly pace: number
}

/**
 * An Answer as the frames of a server-sent stream, one event for each step, in the format of the gateway. The waits
 * of steps are multiplied by `pace`. A step without a wait shares the frame of the step before it. Comments interrupt
 * long waits.
 */
export function toFrames(answer: Answer, options: StreamOptions): Iterable<Frame> {
  const { pace, usage: usageIn, hasPings } = options
  const { id, created, model, steps, usage } = answer
  const names = `"id":"chatcmpl-89C${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`
  // `join` makes a flat string, which is faster to copy into each event than the rope of a template literal.
  const head = ['data: {', names, ',"choices":[{"index":0,"delta":'].join('')
  const tail = usageIn === 'absent' ? ']}\n\n' : '],"usage":null}\n\n'
  const frames: PlannedFrame[] = []
  let next: Pending = { wait: 0, isSilent: false, data: '' }
  for (const step of steps) {
    const wait = Math.min(step.wait * pace, MAX_WAIT) + (step.hold ?? 0)
    if (wait > 0) {
      if (next.data !== '') push(frames, next)
      next = { wait, isSilent: !hasPings || step.hold !== undefined, data: '' }
    }
    if (step.end !== undefined) {
      push(frames, next, step.end)
      return withPings(frames)
    }
    const finish = step.finish === undefined ? 'null' : `"${step.finish}"`
    next.data += step.raw ?? `${head}${deltaOf(step)},"finish_reason":${finish}}${tail}`
  }
  if (usageIn === 'chunk') next.data += `data: {${names},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`
  next.data += 'data: [DONE]\n\n'
  push(frames, next)
  return withPings(frames)
}

// No comment before the first event: the gateway sends its headers with that [S].
function push(frames: PlannedFrame[], { wait, isSilent, data }: Pending, end?: End): void {
  const pings = frames.length === 0 || isSilent ? 0 : Math.max(0, Math.ceil(wait / PING_EVERY) - 1)
  const frame = { wait: wait - pings * PING_EVERY, data, ...(pings === 0 ? {} : { pings }) }
  if (end !== 'reset') frames.push(frame)
  else if (data === '') frames.push({ ...frame, isReset: true })
  else frames.push({ ...frame, isAlone: true }, { wait: 0, data: '', isReset: true })
}

// A stream at a slow pace has thousands of comments, so they are created while it is sent.
function withPings(frames: readonly PlannedFrame[]): Iterable<Frame> {
  const pings = frames.reduce((sum, frame) => sum + (frame.pings ?? 0), 0)
  if (pings === 0) return frames
  const { held, sent } = totalsOf(frames)
  return createFrames(() => interrupt(frames), { held, sent: sent + pings * PING.data.length })
}

function* interrupt(frames: readonly PlannedFrame[]): Generator<Frame> {
  for (const frame of frames) {
    for (let left = frame.pings ?? 0; left > 0; left--) yield PING
    yield frame
  }
}

// `content` is a string or absent, never null: some clients join it without a check.
function deltaOf({ role, content, reasoning, images, error }: Step): string {
  if (role === undefined && reasoning === undefined && images === undefined && error === undefined)
    return content === undefined ? '{}' : `{"content":"${content}"}` // the most frequent case
  const fields: string[] = []
  if (role !== undefined) fields.push('"role":"assistant"')
  if (content !== undefined) fields.push(`"content":"${content}"`)
  if (reasoning !== undefined) fields.push(`"reasoning_content":"${reasoning}"`)
  if (images !== undefined) fields.push(`"images":${images === null ? 'null' : `[${images.join()}]`}`)
  if (error !== undefined) fields.push(`"error":${JSON.stringify(error)}`)
  return `{${fields.join()}}`
}
