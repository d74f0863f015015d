import type { Recipe } from '../images/recipe.ts'
import type { JsonObject } from '../util/json.ts'
import { type Reply, encodeBody, EVENT_STREAM_HEADERS, JSON_HEADERS } from '../util/reply.ts'
import { type Answer, type AnswerOptions, durationOf, isFailed, toAnswer, toCompletion } from './answer.ts'
import { type ChatRequest, type ReadOptions, readChatRequest } from './chat-request.ts'
import type { Profile } from './profile.ts'
import { toFrames } from './sse.ts'
import { styles } from './styles/styles.ts'

/** An Answer as a Reply: a stream or one completion. `pace` is a factor of the real gateway's time. */
export function toReply(request: ChatRequest, answer: Answer, pace: number): Reply {
  const { wantsStream, usage, hasPings, notes } = request
  const { drawn } = answer
  if (wantsStream)
    return {
      status: 200,
      headers: EVENT_STREAM_HEADERS,
      body: toFrames(answer, { pace, usage, hasPings }),
      notes,
      drawn,
    }
  const status = isFailed(answer) ? 500 : 200
  return { status, headers: JSON_HEADERS, body: toCompletion(answer), wait: durationOf(answer, pace), notes, drawn }
}

/** What a Chat depends on besides the body. */
export interface ChatOptions extends ReadOptions {
  readonly profile: Profile
  /** Seconds since 1970. */
  readonly created: number
  /** Factor of the real gateway's time. */
  readonly pace: number
}

/** Draws a picture for styles that send its bytes. */
type Render = (recipe: Recipe) => Promise<Uint8Array>

/** A chat request and its normal response. Both depend only on the body and the options. */
export interface Chat {
  readonly request: ChatRequest
  readonly options: Omit<AnswerOptions, 'render'>
  /** The normal Reply. It is cached unless it contains the bytes of pictures. */
  readonly reply: (render: Render) => Promise<Reply>
}

/** Reads the body of a chat request. Throws an ApiError for a reference picture that is broken or missing. */
export async function readChat(body: JsonObject, { created, pace, ...reading }: ChatOptions): Promise<Chat> {
  const request = await readChatRequest(body, reading)
  const { style, task, prose } = reading.profile
  const options = { write: styles[style], task, prose, created }
  let kept: Reply | undefined
  const reply = async (render: Render): Promise<Reply> => {
    if (kept !== undefined) return kept
    const answer = await toAnswer(request, { ...options, render })
    const plain = toReply(request, answer, pace)
    const encoded = { ...plain, body: encodeBody(plain.body) }
    if (answer.drawn.length === 0) kept = encoded
    return encoded
  }
  return { request, options, reply }
}
