import type { Answer } from './answer.ts'
import type { Step } from './step.ts'

/** An Answer as the body of a `chat.completion`: the deltas joined, its fields in the gateway's order. */
export function toCompletion({ id, created, model, steps, usage }: Answer): string {
  const finish = steps.findLast((step) => step.finish !== undefined)?.finish ?? null
  const choice = `{"index":0,"message":${messageOf(steps)},"finish_reason":${JSON.stringify(finish)}}`
  return `{"id":"chatcmpl-89D${id}","object":"chat.completion","created":${created},"model":${JSON.stringify(model)},"choices":[${choice}],"usage":${JSON.stringify(usage)}}`
}

function messageOf(steps: readonly Step[]): string {
  let content = ''
  let reasoning = ''
  const images: string[] = []
  for (const step of steps) {
    if (step.error !== undefined) return `{"role":"assistant","content":"","error":${JSON.stringify(step.error)}}`
    if (step.isStreamOnly !== undefined || step.raw !== undefined) continue
    if (step.content !== undefined) content += step.content
    if (step.reasoning !== undefined) reasoning += step.reasoning
    if (step.images !== undefined && step.images !== null) images.push(...step.images)
  }
  const more = `${reasoning === '' ? '' : `,"reasoning_content":"${reasoning}"`}${images.length === 0 ? '' : `,"images":[${images.join()}]`}`
  return `{"role":"assistant","content":"${content}"${more}}`
}

/** Whether an Answer fails in its midst, which in one piece is the gateway's 500 with a completion that holds the error. */
export function isFailed({ steps }: Answer): boolean {
  return steps.some(({ error }) => error !== undefined)
}

/** How long an answer in one piece takes at a pace, in milliseconds: as long as its stream. */
export function durationOf({ steps }: Answer, pace: number): number {
  let duration = 0
  for (const step of steps) if (step.isStreamOnly === undefined) duration += step.wait * pace + (step.hold ?? 0)
  return Math.min(duration, MAX_DURATION)
}

/** What Node's timers can wait for. */
const MAX_DURATION = 2_147_483_647
