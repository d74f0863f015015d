import { restOf } from '../delays.ts'
import { taskIdOf } from '../digest.ts'
import { type Step, say, toPiece } from '../step.ts'
import { openTask, sayRequest } from './progress-answers.ts'
import { type Subject, linksOf, quotePrompt } from './style-helpers.ts'

// Failures with status 200: a text without a picture, finish_reason stop. The mock completes words that are missing in
// transcripts [G].

function failWith(text: string): (subject: Subject) => Step[] {
  const piece = toPiece(text)
  return ({ request }) => [say(restOf(request.waits), piece)]
}

/** The prompt was rejected [S]. */
export const inputModeration = failWith('生成失败 ❌\n失败原因：input_moderation')

/** The picture was rejected, with a text like that for a rejected prompt [G]. */
export const outputModeration = failWith('生成失败 ❌\n失败原因：output_moderation')

/** The model is down [S]. */
export const unavailable = failWith('Unable to generate - Sora is temporarily unavailable, please check back soon')

/** The vendor failed without a reason [S]. */
export const actionFailed = failWith('Generate action failed')

/** The vendor failed. Its response follows [S]. */
export const upstreamFailed = failWith(
  '生成失败: Generate action failed\nReason:\n```json\n{"status":"Error","result":null}\n```\n',
)

const rateLimit = failWith(
  "I wasn't able to generate the image because there's a rate limit in place. Please wait a few minutes and try again.",
)

/** Too many requests, as a sentence after the start of a progress log [S]. */
export function rateLimitProse(subject: Subject): Step[] {
  return [...sayRequest(subject), ...rateLimit(subject)]
}

/** The number of dots of a queue that was too long [S]. */
const LONG_QUEUE = 64
const BACKEND =
  'backend failed: Requests to the image generation operation have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second.'
const BROKEN_OFF = { zh: toPiece(`❌ 生成失败: ${BACKEND}`), en: toPiece(`❌ Generation failed: ${BACKEND}`) }

/** The vendor had too many requests: a task log that ends with an error, right after its progress line [S]. */
export function brokenTask(subject: Subject): Step[] {
  const { language, waits } = subject.request
  const recipes = subject.recipes.map((recipe) => ({ ...recipe, fault: 'missing' as const })) // so that the task's page also shows a failure
  const [first] = linksOf({ ...subject, recipes })
  return [...openTask(subject, first, LONG_QUEUE), say(waits.progress, BROKEN_OFF[language])]
}

/** The prompt was rejected, as the JSON of the task [S]. */
export function contentViolation(subject: Subject): Step[] {
  const { prompt, waits } = subject.request
  const id = taskIdOf(linksOf(subject)[0].fingerprint, 'prefixed')
  const error = '{"type":"sora_content_violation","message":"This content may violate our guardrails."}'
  const json = `{"prompt":${quotePrompt(prompt)},"id":"${id}","status":"failed","error":${error}}`
  return [say(restOf(waits), toPiece(json))]
}
