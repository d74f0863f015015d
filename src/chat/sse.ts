import type { Frame } from '../util/reply.ts'
import type { Answer } from './answer.ts'
import type { End, Step } from './step.ts'

/** Milliseconds of silence after which the gateway sends a comment, independent of the pace [S]. */
const PING_EVERY = 10_000
const PING: Frame = { wait: PING_EVERY, data: ': PING\n\n' }
const MAX_WAIT = 86_400_000 // a day, independent of the pace

// The next frame. If a scenario caused the silence before it, the gateway sends no comments.
interface Pending {
  readonly wait: number
  readonly isSilent: boolean
  data: string
}

/**
 * An Answer as the frames of a server-sent stream, one event for each step, in the format of the gateway. The waits
 * of steps are multiplied by `pace`. A step without a wait shares the frame of the step before it. Comments interrupt
 * long waits.
 */
export function toFrames(answer: Answer, { pace, wantsUsage }: { pace: number; wantsUsage: boolean }): Frame[] {
  const { id, created, model, steps, usage } = answer
  const names = `"id":"chatcmpl-89C${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`
  // `join` makes a flat string, which is faster to copy into each event than the rope of a template literal.
  const head = ['data: {', names, ',"choices":[{"index":0,"delta":'].join('')
  const tail = wantsUsage ? '],"usage":null}\n\n' : ']}\n\n'
  const frames: Frame[] = []
  let next: Pending = { wait: 0, isSilent: false, data: '' }
  for (const step of steps) {
    const wait = Math.min(step.wait * pace, MAX_WAIT) + (step.hold ?? 0)
    if (wait > 0) {
      if (next.data !== '') push(frames, next)
      next = { wait, isSilent: step.hold !== undefined, data: '' }
    }
    if (step.end !== undefined) return push(frames, next, step.end)
    const finish = step.finish === undefined ? 'null' : `"${step.finish}"`
    next.data += step.raw ?? `${head}${deltaOf(step)},"finish_reason":${finish}}${tail}`
  }
  if (wantsUsage) next.data += `data: {${names},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`
  next.data += 'data: [DONE]\n\n'
  return push(frames, next)
}

// No comment before the first event: the gateway sends its headers with that [S].
function push(frames: Frame[], { wait, isSilent, data }: Pending, end?: End): Frame[] {
  const pings = frames.length === 0 || isSilent ? 0 : Math.max(0, Math.ceil(wait / PING_EVERY) - 1)
  for (let i = 0; i < pings; i++) frames.push(PING)
  const left = wait - pings * PING_EVERY
  if (end !== 'reset') frames.push({ wait: left, data })
  else if (data === '') frames.push({ wait: left, data, isReset: true })
  else frames.push({ wait: left, data, isAlone: true }, { wait: 0, data: '', isReset: true })
  return frames
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
