import { type Answer, type AnswerOptions, toAnswer } from '../chat/answer.ts'
import { toReply } from '../chat/reply.ts'
import type { ChatRequest } from '../chat/chat-request.ts'
import { parseSize, ratioName } from '../chat/size.ts'
import { type End, type Step, say, toPiece } from '../chat/step.ts'
import { styles } from '../chat/styles/styles.ts'
import { type ErrorFormat, ApiError, errorReply } from '../errors/api-error.ts'
import type { ErrorDetails } from '../errors/table.ts'
import { relay } from '../gateway/relay.ts'
import { type Frame, type Reply, createFrames, isStream, joinedFrames, jsonReply, totalsOf } from '../util/reply.ts'
import type { Choice } from './choose.ts'
import type { Framing, StreamEdit, StreamPlace, Then } from './scenario.ts'

/** A request to which a scenario is applied. */
export interface ScenarioSubject {
  readonly format: ErrorFormat
  /** The error of an invalid request. */
  readonly rejection: ApiError | undefined
  /** Set for a chat request that could be read. */
  readonly chat: { readonly request: ChatRequest; readonly options: AnswerOptions; readonly pace: number } | undefined
  readonly respond: () => Promise<Reply>
}

const MAX_ECHO = 4000 // characters of a prompt that an error repeats, at most

/**
 * The Reply of a scenario: its own (also to an invalid request), or the normal one with edits. Throws `rejection` if
 * the scenario edits the normal response and there is none.
 */
export async function applyScenario(choice: Choice, subject: ScenarioSubject): Promise<Reply> {
  const { format, chat } = subject
  const { dialect } = format
  const { relay: isRelayed, ping } = choice.then
  if (isRelayed === undefined || dialect === 'openai') return applyHere(choice, subject)
  const request = chat?.request
  return relay(await applyHere(choice, atVendor(subject)), {
    format: { ...format, dialect },
    request,
    ping: ping === undefined || dialect === 'gateway-2025' ? undefined : ping * 1000,
  })
}

// The vendor has OpenAI's errors, and the gateway requests the usage from it.
function atVendor({ format, chat, ...rest }: ScenarioSubject): ScenarioSubject {
  return {
    ...rest,
    format: { ...format, dialect: 'openai' },
    chat: chat && { ...chat, request: { ...chat.request, usage: 'chunk' } },
  }
}

async function applyHere({ then, details }: Choice, subject: ScenarioSubject): Promise<Reply> {
  const { format, chat } = subject
  const about = chat && { asked: chat.request.model, prompt: chat.request.prompt.slice(0, MAX_ECHO) }
  const given = then.headers && { headers: then.headers } // an error may repeat their delay
  const reply = ownReply(then, format, { ...about, ...given, ...details }) ?? (await editNormal(then, subject))
  const headers = then.reset === true ? reply.headers : { ...reply.headers, ...then.headers }
  const wait = (reply.wait ?? 0) + (then.wait ?? 0) * 1000
  return { ...reply, headers, ...(wait === 0 ? {} : { wait }) }
}

async function editNormal(then: Then, { format, rejection, chat, respond }: ScenarioSubject): Promise<Reply> {
  if (rejection !== undefined) throw rejection
  if (chat === undefined) return editReply(await respond(), then, format)
  const request = editRequest(chat.request, then)
  const answer = editAnswer(await toAnswer(request, editAnswering(chat.options, then, format)), then)
  return editReply(toReply(request, answer, chat.pace), then, format)
}

/** The Reply of a scenario that does not need the normal one. Undefined if the scenario only edits that. */
export function ownReply(then: Then, format: ErrorFormat, details: ErrorDetails): Reply | undefined {
  if (then.reset === true) return { status: 200, headers: {}, body: [RESET] }
  if (then.error !== undefined) {
    const reply = errorReply(new ApiError(then.error, details), format)
    return { ...reply, status: then.status ?? reply.status }
  }
  if (then.status === undefined && then.body === undefined) return undefined
  const { status = 200, body = '' } = then
  return typeof body === 'string' ? { status, headers: {}, body } : jsonReply(body, { status })
}

const RESET: Frame = { wait: 0, data: '', isReset: true }

// Changes the number and size of pictures, and streaming.
function editRequest(request: ChatRequest, { count = request.count, size: asked, as }: Then): ChatRequest {
  const size = asked === undefined ? request.size : (parseSize(asked) ?? request.size)
  const ratio = ratioName(size.width / size.height)
  return { ...request, count, size, ratio, wantsStream: request.wantsStream && as !== 'json' }
}

// Changes the style or text, and the defect of pictures.
function editAnswering(answering: AnswerOptions, then: Then, format: ErrorFormat): AnswerOptions {
  const { say: words, style, prose, pictures } = then
  return {
    ...answering,
    ...(style === undefined ? {} : { write: styles[style] }),
    ...(words === undefined ? {} : { write: () => [say(0, toPiece(words))] }),
    ...(prose === undefined ? {} : { prose }),
    ...(pictures === undefined ? {} : { fault: pictures }),
    edit: (steps) => editSteps(steps, then, format),
  }
}

// Changes the name of the model, and the usage.
function editAnswer(answer: Answer, { model = answer.model, usage }: Then): Answer {
  if (usage === undefined) return { ...answer, model }
  const { prompt, completion } = usage
  const counts = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  return {
    ...answer,
    model,
    usage: {
      ...answer.usage,
      ...counts,
      prompt_tokens_details: { text_tokens: Math.max(0, prompt - 7), cached_tokens_details: {} },
    },
  }
}

function editSteps(steps: readonly Step[], { finish, done, stream = [] }: Then, format: ErrorFormat): Step[] {
  const all = finish === undefined ? [...steps] : steps.flatMap((step) => withFinish(step, finish))
  if (done === false) all.push({ wait: 0, tokens: 0, end: 'close' })
  // From the last place to the first, so that an edit does not move the place of another.
  const edits = stream
    .map((edit, i) => ({ edit, i, index: indexOf(all, edit.at) }))
    .toSorted((a, b) => b.index - a.index || b.i - a.i)
  for (const { edit, index } of edits) all.splice(index, all.length, ...stepsOf(edit, all.slice(index), format))
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

// The steps from a place on, with an edit at this place.
function stepsOf(
  { pause, comment, raw, error, failure, end }: StreamEdit,
  rest: readonly Step[],
  format: ErrorFormat,
): Step[] {
  const [next, ...others] = rest
  if (pause !== undefined) return [{ ...(next ?? NOTHING), hold: (next?.hold ?? 0) + pause * 1000 }, ...others]
  if (end !== undefined) return [{ ...NOTHING, end }]
  if (failure !== undefined)
    return [{ wait: 0, tokens: 0, error: failure }, ...rest.filter(({ finish }) => finish !== undefined)]
  if (comment !== undefined) return [{ ...NOTHING, raw: `: ${comment}\n\n` }, ...rest]
  if (error === undefined) return [{ ...NOTHING, raw: raw ?? '' }, ...rest]
  return [{ ...NOTHING, raw: `data: ${errorReply(new ApiError(error), format).body}\n\n` }, ...rest]
}

// Changes how a stream is sent. A JSON response can only fail or end in the middle.
function editReply(reply: Reply, then: Then, format: ErrorFormat): Reply {
  const { frames, stream = [] } = then
  const { body } = reply
  if (isStream(body)) {
    if (frames === undefined) return reply
    const totals = totalsOf(body)
    const joined = frames === 'bytes' ? { joined: joinedFrames(body) } : {}
    return {
      ...reply,
      body: createFrames(() => FRAMERS[frames](body), { ...totals, ...joined, sent: GROWTH * totals.sent }),
    }
  }
  const failed = stream.find(({ error }) => error !== undefined)?.error
  if (failed !== undefined) return errorReply(new ApiError(failed), format)
  const end = stream.find((edit) => edit.end !== undefined)?.end
  return end === undefined ? reply : { ...reply, body: halve(body, end) }
}

function halve(body: string | Uint8Array, end: End): Frame[] {
  const half: Frame = { wait: 0, data: body.slice(0, body.length / 2) }
  return end === 'close' ? [half] : [{ ...half, isAlone: true }, RESET]
}

// The smallest event, `: PING`, has eight bytes, and ten with CRLF.
const GROWTH = 1.25
const MAX_ALONE = 16_384 // bytes that are sent one by one, at most

const FRAMERS: Readonly<Record<Framing, (frames: Iterable<Frame>) => Generator<Frame>>> = {
  bytes: splitIntoBytes,
  crlf: (frames) => rewrite(frames, (text) => text.replaceAll('\n', '\r\n')),
  tight: (frames) => rewrite(frames, (text) => text.replaceAll(/^data: /gm, 'data:')),
}

// Each frame waits once, before its first byte. After 16 KiB, frames are sent whole.
function* splitIntoBytes(frames: Iterable<Frame>): Generator<Frame> {
  let left = MAX_ALONE
  for (const frame of frames) {
    const bytes = Buffer.from(frame.data)
    const alone = bytes.subarray(0, left)
    left -= alone.length
    let { wait } = frame
    for (let i = 0; i < alone.length; i++) {
      yield { wait, data: alone.subarray(i, i + 1), isAlone: true }
      wait = 0
    }
    if (alone.length === 0 || alone.length < bytes.length) yield { ...frame, wait, data: bytes.subarray(alone.length) }
  }
}

function* rewrite(frames: Iterable<Frame>, write: (text: string) => string): Generator<Frame> {
  for (const frame of frames) yield typeof frame.data === 'string' ? { ...frame, data: write(frame.data) } : frame
}
