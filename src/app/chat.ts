import type { Answer, AnswerOptions } from '../chat/answer.ts'
import { durationOf, isFailed, toAnswer, toCompletion } from '../chat/answer.ts'
import { profileOf } from '../chat/profile.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import { readChatRequest } from '../chat/chat-request.ts'
import { toFrames } from '../chat/sse.ts'
import { styles } from '../chat/styles/styles.ts'
import { isObject } from '../util/json.ts'
import { ApiError } from '../errors/api-error.ts'
import { toNote } from '../util/notes.ts'
import type { Reply } from '../util/reply.ts'
import { JSON_HEADERS } from '../util/reply.ts'
import { choose } from '../scenarios/choose.ts'
import type { CheckedRequest } from './checked.ts'
import type { Recalled } from './recall.ts'
import { inBytes, isShort } from './recall.ts'
import type { Settings } from './settings.ts'
import { takeTurn } from './turn.ts'

const EVENT_STREAM = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

/** How much of a prompt an error repeats. */
const MAX_ECHO = 4000

/** Answers a chat request: in the manner of its model, or as a Scenario wants it. */
export async function createChatCompletion(checked: CheckedRequest, settings: Settings): Promise<Reply> {
  const { pace, render, trace, asked } = checked
  const recalled = checked.recalled ?? (await read(checked, settings))
  const { request, profile } = recalled
  trace.chat = request
  const { style, task, prose } = profile
  const answering: AnswerOptions = {
    write: styles[style],
    task,
    prose,
    created: Math.floor(settings.clock() / 1000),
    render,
  }
  const turn = await takeTurn(request, asked, { trace, settings })
  const { chosen, nearMisses } =
    asked === undefined ? await choose(request, turn, settings.choosing) : { chosen: asked, nearMisses: [] }
  trace.nearMisses = nearMisses
  if (chosen === undefined) return await usual(recalled, answering, pace)
  trace.choice = chosen
  const { editAnswer, editAnswering, editReply, editRequest, replyOf } = await import('../scenarios/apply.ts')
  const telling = { dialect: settings.errors, requestId: trace.requestId }
  const { then } = chosen
  const reply = replyOf(then, telling, {
    asked: request.model,
    prompt: request.prompt.slice(0, MAX_ECHO),
    ...chosen.details,
  })
  if (reply !== undefined) return reply
  const edited = editRequest(request, then)
  const answer = editAnswer(await toAnswer(edited, editAnswering(answering, then, telling)), then)
  return editReply(toReply(edited, answer, pace), then, telling)
}

async function read({ body, key, base, recall }: CheckedRequest, { profiles, seed }: Settings): Promise<Recalled> {
  if (!isObject(body)) throw new ApiError('invalid_body', { reason: 'The request body must be a JSON object.' })
  const profile = profileOf(profiles, typeof body['model'] === 'string' ? body['model'] : '')
  const recalled: Recalled = {
    body,
    request: await readChatRequest(body, { profile, base, seed }),
    profile,
    answer: undefined,
  }
  if (key !== undefined) recall.set(key, recalled)
  return recalled
}

// What a request is answered that no Scenario is for.
async function usual(recalled: Recalled, answering: AnswerOptions, pace: number): Promise<Reply> {
  const { request, answer } = recalled
  const { created } = answering
  if (answer?.created === created && answer.pace === pace) return answer.reply
  const reply = inBytes(toReply(request, await toAnswer(request, answering), pace))
  if (isShort(reply)) recalled.answer = { created, pace, reply }
  return reply
}

function toReply({ wantsStream, wantsUsage, notes }: ChatRequest, answer: Answer, pace: number): Reply {
  const note = toNote(notes)
  if (wantsStream)
    return { status: 200, headers: { ...EVENT_STREAM, ...note }, body: toFrames(answer, { pace, wantsUsage }) }
  return {
    status: isFailed(answer) ? 500 : 200,
    headers: { ...JSON_HEADERS, ...note },
    body: toCompletion(answer),
    wait: durationOf(answer, pace),
  }
}
