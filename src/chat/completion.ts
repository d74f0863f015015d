import type { Answer } from './answer.ts'
import { textOf } from './step.ts'

/** An Answer as the body of a `chat.completion`: the deltas joined, its fields in the gateway's order. */
export function toCompletion({ id, created, model, steps, usage }: Answer): string {
  const finish = steps.findLast((step) => step.type === 'finish')
  return JSON.stringify({
    id: `chatcmpl-89D${id}`,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: textOf(steps) }, finish_reason: finish?.reason ?? null }],
    usage,
  })
}
