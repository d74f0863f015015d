import { taskIdOf } from '../digest.ts'
import { restOf } from '../delays.ts'
import type { Step } from '../step.ts'
import { say, toPiece, toPieces } from '../step.ts'
import type { Subject } from './style-helpers.ts'
import { linksOf, quote } from './style-helpers.ts'
import { sayRequest } from './progress-log.ts'
import { openTask } from './task-log.ts'

// How the gateway fails in an answer that is a success by its status: text without a picture, finish_reason stop. Where a
// transcript leaves words out, ours stand in their place [G].
const WORDS = toPieces({
  input: '生成失败 ❌\n失败原因：input_moderation',
  output: '生成失败 ❌\n失败原因：output_moderation',
  limit:
    "I wasn't able to generate the image because there's a rate limit in place. Please wait a few minutes and try again.",
  unavailable: 'Unable to generate - Sora is temporarily unavailable, please check back soon',
  action: 'Generate action failed',
  upstream: '生成失败: Generate action failed\nReason:\n```json\n{"status":"Error","result":null}\n```\n',
})

const BACKEND =
  'backend failed: Requests to the image generation operation have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second.'
const BROKEN_OFF = { zh: toPiece(`❌ 生成失败: ${BACKEND}`), en: toPiece(`❌ Generation failed: ${BACKEND}`) }

/** The dots of a queue that was too long [S]. */
const LONG_QUEUE = 64

function fail({ request }: Subject, words: keyof typeof WORDS): Step[] {
  return [say(restOf(request.waits), WORDS[words])]
}

/** The prompt was refused. */
export function inputModeration(subject: Subject): Step[] {
  return fail(subject, 'input')
}

/** The picture was refused; the twin of the prompt's refusal [G]. */
export function outputModeration(subject: Subject): Step[] {
  return fail(subject, 'output')
}

/** Too many requests, told in prose behind T0's head. */
export function rateLimitProse(subject: Subject): Step[] {
  return [...sayRequest(subject), ...fail(subject, 'limit')]
}

/** Too many requests of the gateway's own: a task log that breaks off, the cross glued to its progress line. */
export function brokenTask(subject: Subject): Step[] {
  const { language, waits } = subject.request
  const [first] = linksOf({ ...subject, recipes: subject.recipes.map((recipe) => ({ ...recipe, fault: 'missing' })) }) // so that its page says so too
  return [...openTask(subject, first, LONG_QUEUE), say(waits.progress, BROKEN_OFF[language])]
}

/** The model is down. */
export function unavailable(subject: Subject): Step[] {
  return fail(subject, 'unavailable')
}

/** The prompt was refused, told as the task's own JSON. */
export function contentViolation(subject: Subject): Step[] {
  const { prompt, waits } = subject.request
  const id = taskIdOf(linksOf(subject)[0].fingerprint, 'prefixed')
  const error = '{"type":"sora_content_violation","message":"This content may violate our guardrails."}'
  return [say(restOf(waits), toPiece(`{"prompt":${quote(prompt)},"id":"${id}","status":"failed","error":${error}}`))]
}

/** The vendor failed and said no more. */
export function actionFailed(subject: Subject): Step[] {
  return fail(subject, 'action')
}

/** The vendor failed, with its own answer below. */
export function upstreamFailed(subject: Subject): Step[] {
  return fail(subject, 'upstream')
}
