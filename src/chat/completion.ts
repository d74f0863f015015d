import type { Answer } from './answer.ts'
import { joinText } from './step.ts'

/** An Answer as the body of a `chat.completion`: the deltas joined, its fields in the gateway's order. */
export function toCompletion({ id, created, model, steps, usage }: Answer): string {
  const finish = steps.findLast((step) => step.type === 'finish')
  const choice = `{"index":0,"message":{"role":"assistant","content":"${joinText(steps)}"},"finish_reason":${JSON.stringify(finish?.reason ?? null)}}`
  return `{"id":"chatcmpl-89D${id}","object":"chat.completion","created":${created},"model":${JSON.stringify(model)},"choices":[${choice}],"usage":${JSON.stringify(usage)}}`
}
