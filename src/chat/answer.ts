import type { PictureFault, Recipe } from '../images/recipe.ts'
import { completionId } from './digest.ts'
import type { ChatRequest } from './chat-request.ts'
import { toRecipes } from './chat-request.ts'
import type { Step } from './step.ts'
import type { StyleOptions } from './styles/style-helpers.ts'
import type { Style } from './styles/styles.ts'
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

/** What an Answer is made with besides its request. */
export interface Answering extends StyleOptions {
  readonly write: Style
  /** Seconds since 1970. */
  readonly created: number
  /** Draws a picture, for the styles that send its bytes. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
  /** What is wrong with its pictures. */
  readonly fault?: PictureFault
  /** Changes what is said, its ends included. */
  readonly edit?: (steps: readonly Step[]) => Step[]
}

/** Answers a request. */
export async function toAnswer(request: ChatRequest, answering: Answering): Promise<Answer> {
  const { write, task, prose, created, render, fault, edit } = answering
  const recipes = toRecipes(request)
  const said = await write({
    request,
    recipes: fault === undefined ? recipes : recipes.map((recipe) => ({ ...recipe, fault })),
    task,
    prose,
    render,
  })
  const whole = withEnds(said, request.waits.first)
  const steps = edit === undefined ? whole : edit(whole)
  return {
    id: completionId(request.digest),
    created,
    model: request.model,
    steps,
    usage: toUsage(request.promptTokens, steps),
  }
}

// The first delta names the assistant and the last one finishes, unless the style lets its own do so.
function withEnds(said: readonly Step[], wait: number): Step[] {
  const steps = [...said]
  if (said[0]?.role === undefined) steps.unshift({ wait, tokens: 0, role: true, content: '' })
  if (said.at(-1)?.finish === undefined) steps.push({ wait: 0, tokens: 0, finish: 'stop' })
  return steps
}

function toUsage(prompt: number, steps: readonly Step[]): Usage {
  let completion = 0
  for (const step of steps) if (step.isStreamOnly === undefined) completion += step.tokens
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { text_tokens: prompt - 7, cached_tokens_details: {} },
    completion_tokens_details: {},
  }
}
