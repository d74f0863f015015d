import { type PictureFault, type Recipe, encodeRecipe } from '../images/recipe.ts'
import { type ChatRequest, toRecipes } from './chat-request.ts'
import { lettersFrom } from './digest.ts'
import type { Step } from './step.ts'
import type { StyleOptions } from './styles/style-helpers.ts'
import type { Style } from './styles/styles.ts'

/** The token counts of a request and its response, with the gateway's fields in its order. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: {
    readonly text_tokens: number
    readonly cached_tokens_details: Readonly<Record<string, never>>
  }
  readonly completion_tokens_details: Readonly<Record<string, never>>
}

/** The response to a ChatRequest, before it is written as a completion or as a stream. */
export interface Answer {
  /** 26 letters and digits. Completions and streams add different prefixes. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
  readonly steps: readonly Step[]
  readonly usage: Usage
  /** The names of the pictures whose bytes the steps contain, in their order. */
  readonly drawn: readonly string[]
}

/** What an Answer depends on besides its request. */
export interface AnswerOptions extends StyleOptions {
  readonly write: Style
  /** Seconds since 1970. */
  readonly created: number
  /** Draws a picture for styles that send its bytes. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
  /** The defect of the pictures. */
  readonly fault?: PictureFault
  /** Edits all steps, including the first and the last. */
  readonly edit?: (steps: readonly Step[]) => Step[]
}

/** Answers a request. */
export async function toAnswer(request: ChatRequest, options: AnswerOptions): Promise<Answer> {
  const { write, task, prose, created, render, fault, edit } = options
  const recipes = toRecipes(request, fault)
  const drawn: string[] = []
  const draw: AnswerOptions['render'] = async (recipe) => {
    drawn.push(encodeRecipe(recipe).name)
    return render(recipe)
  }
  const body = await write({ request, recipes, task, prose, render: draw })
  // Adds a first delta with the role and a last one with the finish_reason, unless the style has them.
  const start: Step = { wait: request.waits.first, tokens: 0, role: true, content: '' }
  const all = (body[0]?.role === undefined ? [start] : []).concat(body)
  if (body.at(-1)?.finish === undefined) all.push({ wait: 0, tokens: 0, finish: 'stop' })
  const steps = edit === undefined ? all : edit(all)
  return {
    id: lettersFrom(request.digest, 'completion', 26),
    created,
    model: request.model,
    steps,
    usage: toUsage(request.promptTokens, steps),
    drawn,
  }
}

// The rule of published usages [M]: the prompt has 7 tokens besides its text, and the completion counts its whole
// content.
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

/** An Answer as the body of a `chat.completion`: the joined deltas, with the fields in the gateway's order. */
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
  let message = `{"role":"assistant","content":"${content}"`
  if (reasoning !== '') message += `,"reasoning_content":"${reasoning}"`
  if (images.length > 0) message += `,"images":[${images.join()}]`
  return `${message}}`
}

/** Whether an Answer fails in the middle. Without streaming, the gateway sends it with status 500. */
export function isFailed({ steps }: Answer): boolean {
  return steps.some(({ error }) => error !== undefined)
}

/** The maximum of Node's timers, in milliseconds. */
const MAX_DURATION = 2_147_483_647

/** The wait of a JSON response, in milliseconds: the duration of its stream at the same pace. */
export function durationOf({ steps }: Answer, pace: number): number {
  let duration = 0
  for (const step of steps) if (step.isStreamOnly === undefined) duration += step.wait * pace + (step.hold ?? 0)
  return Math.min(duration, MAX_DURATION)
}
