import type { Frame } from '../reply/reply.ts'
import type { Answer } from './answer.ts'
import type { Step } from './step.ts'

/**
 * An Answer as the frames of a server-sent stream: one event a step, as the gateway writes them. Waits are those of the
 * steps times `pace`; steps without one travel with the frame before them.
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
    if (pause > 0 && data !== '') {
      frames.push({ wait, data })
      data = ''
    }
    if (pause > 0) wait = pause
    else if (data === '') wait = 0
    data += `${head}${choiceOf(step)}${tail}`
  }
  if (wantsUsage) data += `${head}],"usage":${JSON.stringify(usage)}}\n\n`
  return [...frames, { wait, data: `${data}data: [DONE]\n\n` }]
}

function choiceOf(step: Step): string {
  if (step.type === 'finish') return `{"index":0,"delta":{},"finish_reason":"${step.reason}"}`
  return `{"index":0,"delta":${deltaOf(step)},"finish_reason":null}`
}

// `content` is a string or absent, never null: naive readers add it up.
function deltaOf(step: Exclude<Step, { type: 'finish' }>): string {
  if (step.type === 'text') return `{"content":"${step.json}"}`
  return step.type === 'role' ? '{"role":"assistant","content":""}' : '{}'
}
