import type { Frame } from '../util/reply.ts'
import type { Answer } from './answer.ts'
import type { End, Step } from './step.ts'

/** The longest silence of a stream before the gateway writes a comment into it, in milliseconds of real time, whatever the pace [S]. */
const PING_EVERY = 10_000
const PING: Frame = { wait: PING_EVERY, data: ': PING\n\n' }
const MAX_WAIT = 86_400_000 // the longest wait: a day, whatever the pace

// The next frame, and whether the gateway itself is silent before it.
interface Pending {
  readonly wait: number
  readonly isSilent: boolean
  data: string
}

/**
 * An Answer as the frames of a server-sent stream, one event a step, as the gateway writes them. Waits are those of the
 * steps times `pace`; steps without one are in the frame of the step before them. Comments interrupt a long wait.
 */
export function toFrames(answer: Answer, { pace, wantsUsage }: { pace: number; wantsUsage: boolean }): Frame[] {
  const { id, created, model, steps, usage } = answer
  const names = `"id":"chatcmpl-89C${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)}`
  // Joined, it is one flat text, which each event copies; a template would be a tree of its parts, walked for each event.
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

// No comment before the first event: the gateway holds the headers until then [S].
function push(frames: Frame[], { wait, isSilent, data }: Pending, end?: End): Frame[] {
  const pings = frames.length === 0 || isSilent ? 0 : Math.max(0, Math.ceil(wait / PING_EVERY) - 1)
  for (let i = 0; i < pings; i++) frames.push(PING)
  const left = wait - pings * PING_EVERY
  if (end !== 'reset') frames.push({ wait: left, data })
  else if (data === '') frames.push({ wait: left, data, isReset: true })
  else frames.push({ wait: left, data, isAlone: true }, { wait: 0, data: '', isReset: true })
  return frames
}

// `content` is a string or absent, never null: some clients add it up without a check.
function deltaOf({ role, content, reasoning, images, error }: Step): string {
  if (role === undefined && reasoning === undefined && images === undefined && error === undefined)
    return content === undefined ? '{}' : `{"content":"${content}"}` // nearly all steps
  const fields: string[] = []
  if (role !== undefined) fields.push('"role":"assistant"')
  if (content !== undefined) fields.push(`"content":"${content}"`)
  if (reasoning !== undefined) fields.push(`"reasoning_content":"${reasoning}"`)
  if (images !== undefined) fields.push(`"images":${images === null ? 'null' : `[${images.join()}]`}`)
  if (error !== undefined) fields.push(`"error":${JSON.stringify(error)}`)
  return `{${fields.join()}}`
}
