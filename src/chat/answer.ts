import { completionId } from './digest.ts'
import type { Profile } from './profile.ts'
import type { ChatRequest } from './request.ts'
import { toRecipes } from './request.ts'
import type { Step } from './step.ts'
import { styles } from './style/style.ts'
import type { Usage } from './usage.ts'

/** The answer to a ChatRequest, before it is written as one completion or as a stream. */
export interface Answer {
  /** 26 letters and digits; what stands before them depends on how the answer is written. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
  readonly steps: readonly Step[]
  readonly usage: Usage
}

/** Answers a request in the manner of its model's Profile. */
export function toAnswer(request: ChatRequest, profile: Profile, created: number): Answer {
  const steps: Step[] = [{ type: 'role', wait: 0 }, ...styles[profile.style]({ request, recipes: toRecipes(request), task: profile.task }), { type: 'finish', wait: 0, reason: 'stop' }]
  return { id: completionId(request.digest), created, model: request.model, steps, usage: toUsage(request.promptTokens, steps) }
}

function toUsage(prompt: number, steps: readonly Step[]): Usage {
  let completion = 0
  for (const step of steps) if (step.type === 'text') completion += step.tokens
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { text_tokens: prompt - 7, cached_tokens_details: {} },
    completion_tokens_details: {},
  }
}
