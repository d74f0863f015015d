import type { Reply } from '../util/reply.ts'
import { JSON_HEADERS } from '../util/reply.ts'
import type { Answer } from './answer.ts'
import { durationOf, isFailed, toCompletion } from './answer.ts'
import type { ChatRequest } from './chat-request.ts'
import { toFrames } from './sse.ts'

const EVENT_STREAM = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

/** An Answer as the Reply to its request: a stream, or one completion. `pace` is a factor of the real gateway's time. */
export function toReply({ wantsStream, wantsUsage, notes }: ChatRequest, answer: Answer, pace: number): Reply {
  if (wantsStream) return { status: 200, headers: EVENT_STREAM, body: toFrames(answer, { pace, wantsUsage }), notes }
  const status = isFailed(answer) ? 500 : 200
  return { status, headers: JSON_HEADERS, body: toCompletion(answer), wait: durationOf(answer, pace), notes }
}
