import { isObject, parseJson } from '../util/json-value.ts'
import type { ChatEvent } from './chat-client.ts'
import { picturesIn } from './pictures-in.ts'

/** One server-sent event or comment of an answer. */
export interface AnswerFrame {
  /** Milliseconds since the request was sent. */
  readonly at: number
  readonly kind: 'event' | 'comment'
  /** The value of `event:`. */
  readonly name: string | undefined
  readonly data: string
  /** What the data adds to the answer, on one line; the start of the data if it is not a chunk. */
  readonly summary: string
}

/** Characters of a summary that are shown. */
const MAX_SUMMARY = 300

/** What was received of the answer to a chat request by now. Times are in milliseconds since it was sent. */
export interface ChatAnswer {
  readonly state: 'sending' | 'receiving' | 'complete' | 'cancelled' | 'failed'
  /** Undefined before the response begins. */
  readonly status: number | undefined
  /** `x-request-id`, by which the journal can be searched. */
  readonly requestId: string | undefined
  /** `x-mock-note`. */
  readonly note: string | undefined
  readonly firstByte: number | undefined
  /** Until the end, however the answer ended. */
  readonly duration: number | undefined
  readonly frames: readonly AnswerFrame[]
  /** Text of the assistant. */
  readonly text: string
  /** Paths of the mock, which begin with a slash, and data URIs. */
  readonly pictures: readonly string[]
  /** The body of a response that is not an event stream. */
  readonly body: string | undefined
  /** The message of an error that was received, or why the connection failed. */
  readonly error: string | undefined
}

/** The answer to a request that was just sent. */
export const UNANSWERED: ChatAnswer = {
  state: 'sending',
  status: undefined,
  requestId: undefined,
  note: undefined,
  firstByte: undefined,
  duration: undefined,
  frames: [],
  text: '',
  pictures: [],
  body: undefined,
  error: undefined,
}

/** The answer after one more event. */
export function withEvent(answer: ChatAnswer, event: ChatEvent): ChatAnswer {
  const { at } = event
  switch (event.kind) {
    case 'head': {
      const { status, headers } = event
      const header = (name: string): string | undefined => headers.get(name) ?? undefined
      return {
        ...answer,
        state: 'receiving',
        status,
        requestId: header('x-request-id'),
        note: header('x-mock-note'),
        firstByte: at,
      }
    }
    case 'event':
    case 'comment': {
      const { kind, data, name } = event
      const frames = [...answer.frames, { at, kind, name, data, summary: summaryOf(data) }]
      return { ...answer, frames, ...(kind === 'event' ? read(answer, data) : {}) }
    }
    case 'body':
      return { ...answer, body: event.text, ...read(answer, event.text) }
    case 'end':
      return { ...answer, state: 'complete', duration: at }
    case 'cancelled':
      return { ...answer, state: 'cancelled', duration: at }
    default:
      return { ...answer, state: 'failed', duration: at, error: event.reason }
  }
}

// The text, pictures and error of an answer after a chunk, or after a whole completion.
function read({ text, pictures, error }: ChatAnswer, json: string): Pick<ChatAnswer, 'text' | 'pictures' | 'error'> {
  const value = parseJson(json)
  if (!isObject(value)) return { text, pictures, error }
  const [choice] = Array.isArray(value['choices']) ? value['choices'] : []
  const delta = isObject(choice) ? (choice['delta'] ?? choice['message']) : undefined
  const failure = value['error'] ?? (isObject(delta) ? delta['error'] : undefined)
  const content = isObject(delta) && typeof delta['content'] === 'string' ? delta['content'] : ''
  const links = isObject(delta) && Array.isArray(delta['images']) ? JSON.stringify(delta['images']) : ''
  const whole = text + content
  return {
    text: whole,
    pictures:
      content === '' && links === '' ? pictures : [...new Set([...pictures, ...picturesIn(`${whole}\n${links}`)])],
    error: messageOf(failure) ?? error,
  }
}

// Without what all chunks of a stream repeat.
function summaryOf(data: string): string {
  const value = parseJson(data)
  const [choice] = isObject(value) && Array.isArray(value['choices']) ? value['choices'] : []
  if (!isObject(choice)) return cut(data)
  const { delta, finish_reason: finish } = choice
  const summary =
    finish === null || finish === undefined ? delta : { ...(isObject(delta) && delta), finish_reason: finish }
  return cut(JSON.stringify(summary ?? null))
}

function cut(text: string): string {
  return text.length > MAX_SUMMARY ? `${text.slice(0, MAX_SUMMARY)}…` : text
}

function messageOf(error: unknown): string | undefined {
  if (!isObject(error)) return undefined
  const { message, code } = error
  const words = [code, message].filter((word): word is string => typeof word === 'string' && word !== '')
  return words.length === 0 ? undefined : words.join(': ')
}
