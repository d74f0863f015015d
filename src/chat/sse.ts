import type { Frame } from '../reply/reply.ts'
import type { Answer } from './answer.ts'
import type { Step } from './step.ts'

/** How long a stream may be silent before the gateway writes a comment into it, in milliseconds [S]; it is time that passes, whatever the pace. */
const PING_EVERY = 10_000
const PING = ': PING\n\n'

/**
 * An Answer as the frames of a server-sent stream: one event a step, as the gateway writes them. Waits are those of the
 * steps times `pace`; steps without one travel with the frame before them. A long wait is broken by comments.
 */
export function toFrames(answer: Answer, { pace, wantsUsage }: { pace: number; wantsUsage: boolean }): Frame[] {
  const { id, created, model, steps, usage } = answer
  const head = `data: {"id":"chatcmpl-89C${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},"choices":[`
  const tail = wantsUsage ? '],"usage":null}\n\n' : ']}\n\n'
  const frames: Frame[] = []
  let wait = 0
  let data = ''
  for (const step of steps) {
    const pause = step.wait * pace
    if (pause > 0) {
      if (data !== '') push(frames, wait, data)
      data = ''
      wait = pause
    }
    data += `${head}{"index":0,"delta":${deltaOf(step)},"finish_reason":${step.finish === undefined ? 'null' : `"${step.finish}"`}}${tail}`
  }
  if (wantsUsage) data += `${head}],"usage":${JSON.stringify(usage)}}\n\n`
  push(frames, wait, `${data}data: [DONE]\n\n`)
  return frames
}

// Before the first event there is nothing to keep alive: its headers are held until then [S].
function push(frames: Frame[], wait: number, data: string): void {
  let left = wait
  for (; frames.length > 0 && left > PING_EVERY; left -= PING_EVERY) frames.push({ wait: PING_EVERY, data: PING })
  frames.push({ wait: left, data })
}

// `content` is a string or absent, never null: naive readers add it up.
function deltaOf({ role, content, reasoning, images }: Step): string {
  if (role === undefined && reasoning === undefined && images === undefined) return content === undefined ? '{}' : `{"content":"${content}"}`
  const fields: string[] = []
  if (role !== undefined) fields.push('"role":"assistant"')
  if (content !== undefined) fields.push(`"content":"${content}"`)
  if (reasoning !== undefined) fields.push(`"reasoning_content":"${reasoning}"`)
  if (images !== undefined) fields.push(`"images":${images === null ? 'null' : `[${images.join()}]`}`)
  return `{${fields.join()}}`
}
