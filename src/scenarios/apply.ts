import type { Answer, AnswerOptions } from '../chat/answer.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import { parseSize, ratioName } from '../chat/size.ts'
import type { End, Step } from '../chat/step.ts'
import { say, toPiece } from '../chat/step.ts'
import { styles } from '../chat/styles/styles.ts'
import { ApiError, errorReply } from '../errors/api-error.ts'
import type { ErrorFormat } from '../errors/api-error.ts'
import type { ErrorDetails } from '../errors/table.ts'
import type { Frame, Reply } from '../util/reply.ts'
import { isStream, JSON_HEADERS } from '../util/reply.ts'
import type { Framing, StreamEdit, StreamPlace, Then } from './scenario.ts'

/** The Reply that stands in place of an operation's own; undefined where there is one to come, which is only edited. */
export function replyOf(then: Then, telling: ErrorFormat, details: ErrorDetails = {}): Reply | undefined {
  if (then.reset === true)
    return withWait(then, { status: 200, headers: {}, body: [{ wait: 0, data: '', isReset: true }] })
  if (then.error !== undefined) {
    const reply = errorReply(new ApiError(then.error, details), telling)
    return withWait(then, withHeaders(then, { ...reply, status: then.status ?? reply.status }))
  }
  if (then.status === undefined && then.body === undefined) return undefined
  const body = then.body ?? ''
  const reply: Reply =
    typeof body === 'string'
      ? { status: then.status ?? 200, headers: {}, body }
      : { status: then.status ?? 200, headers: JSON_HEADERS, body: JSON.stringify(body) }
  return withWait(then, withHeaders(then, reply))
}

/** The request as a Scenario wants it answered: with other pictures than it asked for. */
export function editRequest(request: ChatRequest, { count = request.count, size: asked, as }: Then): ChatRequest {
  const size = asked === undefined ? request.size : (parseSize(asked) ?? request.size)
  return {
    ...request,
    count,
    size,
    ratio: ratioName(size.width / size.height),
    wantsStream: request.wantsStream && as !== 'json',
  }
}

/** How a Scenario has a request answered: in another style, with a text in place of pictures, with pictures that fail. */
export function editAnswering(answering: AnswerOptions, then: Then, telling: ErrorFormat): AnswerOptions {
  const { say: words, style, prose, pictures } = then
  return {
    ...answering,
    ...(style === undefined ? {} : { write: styles[style] }),
    ...(words === undefined ? {} : { write: () => [say(0, toPiece(words))] }),
    ...(prose === undefined ? {} : { prose }),
    ...(pictures === undefined ? {} : { fault: pictures }),
    edit: (steps) => editSteps(steps, then, telling),
  }
}

/** An Answer as a Scenario wants it signed: with another name, with other counts. */
export function editAnswer(answer: Answer, { model = answer.model, usage }: Then): Answer {
  if (usage === undefined) return { ...answer, model }
  const { prompt, completion } = usage
  const counts = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return {
    ...answer,
    model,
    usage: { ...answer.usage, ...counts, prompt_tokens_details: { text_tokens: prompt, cached_tokens_details: {} } },
  }
}

function editSteps(steps: readonly Step[], { finish, done, stream = [] }: Then, telling: ErrorFormat): Step[] {
  const all = finish === undefined ? [...steps] : steps.flatMap((step) => withFinish(step, finish))
  if (done === false) all.push({ wait: 0, tokens: 0, end: 'close' })
  // From the last to the first, so that an edit moves no other's place.
  const edits = stream
    .map((edit, i) => ({ edit, i, index: indexOf(all, edit.at) }))
    .toSorted((a, b) => b.index - a.index || b.i - a.i)
  for (const { edit, index } of edits) all.splice(index, all.length, ...stepsOf(edit, all.slice(index), telling))
  return all
}

function withFinish(step: Step, finish: NonNullable<Then['finish']>): Step[] {
  if (step.finish === undefined) return [step]
  if (finish !== 'none') return [{ ...step, finish }]
  const { finish: _left, ...rest } = step
  return rest.content === undefined ? [] : [rest]
}

function indexOf(steps: readonly Step[], at: StreamPlace): number {
  const found = (is: (step: Step) => boolean): number => {
    const index = steps.findIndex(is)
    return index < 0 ? steps.length : index
  }
  const places = {
    start: () => 0,
    middle: () => Math.floor(steps.length / 2),
    picture: () => found(({ content = '', images }) => content.includes('![') || (images ?? []).length > 0),
    finish: () => found(({ finish, end }) => finish !== undefined || end !== undefined),
    done: () => found(({ end }) => end !== undefined),
  }
  return typeof at === 'number' ? Math.min(at, steps.length) : places[at]()
}

const NOTHING = { wait: 0, tokens: 0, raw: '' }

// What stands at a place after an edit, and behind it.
function stepsOf(
  { pause, comment, raw, error, failure, end }: StreamEdit,
  rest: readonly Step[],
  telling: ErrorFormat,
): Step[] {
  const [next, ...others] = rest
  if (pause !== undefined) return [{ ...(next ?? NOTHING), hold: (next?.hold ?? 0) + pause * 1000 }, ...others]
  if (end !== undefined) return [{ ...NOTHING, end }]
  if (failure !== undefined)
    return [{ wait: 0, tokens: 0, error: failure }, ...rest.filter(({ finish }) => finish !== undefined)]
  if (comment !== undefined) return [{ ...NOTHING, raw: `: ${comment}\n\n` }, ...rest]
  return [
    {
      ...NOTHING,
      raw: error === undefined ? (raw ?? '') : `data: ${textOf(errorReply(new ApiError(error), telling))}\n\n`,
    },
    ...rest,
  ]
}

function textOf({ body }: Reply): string {
  return typeof body === 'string' ? body : ''
}

/** A chat request's Reply as a Scenario wants it sent: later, with other headers, with its bytes sent otherwise, or broken off where it is one piece. */
export function editReply(reply: Reply, then: Then, telling: ErrorFormat): Reply {
  const { frames, stream = [] } = then
  if (isStream(reply.body))
    return withWait(
      then,
      withHeaders(then, frames === undefined ? reply : { ...reply, body: FRAMERS[frames](reply.body) }),
    )
  const failed = stream.find(({ error }) => error !== undefined)?.error
  if (failed !== undefined) return withWait(then, withHeaders(then, errorReply(new ApiError(failed), telling)))
  const end = stream.find((edit) => edit.end !== undefined)?.end
  return withWait(then, withHeaders(then, end === undefined ? reply : { ...reply, body: halve(reply.body, end) }))
}

function halve(body: string | Uint8Array, end: End): Frame[] {
  const half: Frame = { wait: 0, data: body.slice(0, body.length / 2) }
  return end === 'close'
    ? [half]
    : [
        { ...half, isAlone: true },
        { wait: 0, data: '', isReset: true },
      ]
}

function withHeaders({ headers }: Then, reply: Reply): Reply {
  return headers === undefined ? reply : { ...reply, headers: { ...reply.headers, ...headers } }
}

function withWait({ wait = 0 }: Then, reply: Reply): Reply {
  return wait === 0 ? reply : { ...reply, wait: (reply.wait ?? 0) + wait * 1000 }
}

/** Bytes of a stream that are sent one by one, at most. */
const MAX_ALONE = 16_384

const FRAMERS: Readonly<Record<Framing, (frames: readonly Frame[]) => Frame[]>> = {
  // The first byte comes after the frame's wait, the others at once; what is behind the first 16 KiB goes whole.
  bytes: (frames) => {
    let left = MAX_ALONE
    return frames.flatMap((frame) => {
      const bytes = Buffer.from(frame.data)
      const alone = bytes.subarray(0, left)
      left -= alone.length
      const singles = Array.from(alone, (byte, i): Frame => ({
        wait: i === 0 ? frame.wait : 0,
        data: Uint8Array.of(byte),
        isAlone: true,
      }))
      const rest = { ...frame, wait: alone.length === 0 ? frame.wait : 0, data: bytes.subarray(alone.length) }
      return alone.length > 0 && rest.data.length === 0 ? singles : [...singles, rest]
    })
  },
  crlf: (frames) => rewrite(frames, (text) => text.replaceAll('\n', '\r\n')),
  tight: (frames) => rewrite(frames, (text) => text.replaceAll(/^data: /gm, 'data:')),
}

function rewrite(frames: readonly Frame[], write: (text: string) => string): Frame[] {
  return frames.map((frame) => (typeof frame.data === 'string' ? { ...frame, data: write(frame.data) } : frame))
}
