import { type JsonObject, isObject, parseJson } from '../util/json-value.ts'
import { errorText } from './answer-text.ts'

/** What an event of a recorded stream is. `cut` is an incomplete event at the end. */
export type FrameKind = 'text' | 'error' | 'done' | 'comment' | 'other' | 'cut'

/** One event of a recorded stream. A comment counts as an event. */
export interface Frame {
  readonly kind: FrameKind
  /** The event as it was sent, without the blank line at its end. */
  readonly raw: string
  /** Planned milliseconds from the request until it is complete; undefined if it has no time. */
  readonly time: number | undefined
  /** What it adds to the text of the assistant. */
  readonly content: string
  /** What it adds to the reasoning. */
  readonly reasoning: string
  /** The message of its error, if it is one. */
  readonly error: string | undefined
  /** Its finish_reason, if it has one. */
  readonly finish: string | undefined
}

const BLANK_LINE = /\r?\n\r?\n/g
/** The end of a text that the journal has cut. */
const SHORTENED = /… \(\d+ characters\)$/

/** Splits the recorded text of a stream into its events. `times` are those of the journal, in the same order. */
export function toFrames(text: string, times: readonly number[] = []): Frame[] {
  const frames: Frame[] = []
  let at = 0
  for (const { 0: blankLine, index } of text.matchAll(BLANK_LINE)) {
    frames.push(toFrame(text.slice(at, index), times[frames.length]))
    at = index + blankLine.length
  }
  const rest = text.slice(at)
  if (rest === '' || SHORTENED.test(text)) return frames
  return [...frames, { ...toFrame(rest, undefined), kind: 'cut' }]
}

/** Whether the journal has only the start of a stream. */
export function isShortened(text: string): boolean {
  return SHORTENED.test(text)
}

function toFrame(raw: string, time: number | undefined): Frame {
  const lines = raw.split(/\r?\n/)
  const data = valuesOf(lines, 'data').join('\n')
  const nothing = { raw, time, content: '', reasoning: '', error: undefined, finish: undefined }
  if (lines.every((line) => line.startsWith(':'))) return { ...nothing, kind: 'comment' }
  if (data === '[DONE]') return { ...nothing, kind: 'done' }
  const chunk = parseObject(data)
  if (chunk === undefined) return { ...nothing, kind: 'other' }
  const choices = Array.isArray(chunk['choices']) ? chunk['choices'].filter(isObject) : []
  const deltas = choices.map(({ delta }) => delta ?? null).filter(isObject)
  const join = (name: string): string =>
    deltas.map(({ [name]: value }) => (typeof value === 'string' ? value : '')).join('')
  const finish = choices.map(({ finish_reason: reason }) => reason).find((reason) => typeof reason === 'string')
  const error = [chunk, ...deltas].map((one) => errorText(one['error'])).find((words) => words !== undefined)
  const kind = error !== undefined ? 'error' : deltas.length > 0 ? 'text' : 'other'
  return { raw, time, kind, content: join('content'), reasoning: join('reasoning_content'), error, finish }
}

// The values of a field, as HTML defines server-sent events: one space after the colon is left out.
function valuesOf(lines: readonly string[], field: string): string[] {
  return lines
    .filter((line) => line.startsWith(`${field}:`))
    .map((line) => line.slice(field.length + 1).replace(/^ /, ''))
}

function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text)
  return isObject(value) ? value : undefined
}

/** A pause before an event. */
export interface Stall {
  /** Index of the event after the pause. */
  readonly before: number
  readonly milliseconds: number
}

/** A pause of at least this number of milliseconds is a stall. */
export const STALL = 500

/** The stalls of a stream, also the one before its first event. */
export function stallsIn(frames: readonly Frame[]): Stall[] {
  let last = 0
  return frames.flatMap(({ time = last }, before) => {
    const milliseconds = time - last
    last = time
    return milliseconds >= STALL ? [{ before, milliseconds }] : []
  })
}

/** What is unusual about the end of a stream. */
export type StreamFault = 'reset' | 'hungUp' | 'cut' | 'noFinish' | 'noDone' | 'shortened'

/** The facts of a response that its end depends on. */
export interface StreamEnd {
  readonly text: string
  readonly isReset: boolean
  /** Undefined while the response is being sent. */
  readonly hungUp: boolean | undefined
}

/** What is unusual about the end of a stream, the most important first. Empty for a stream that is being sent. */
export function faultsOf(frames: readonly Frame[], { text, isReset, hungUp }: StreamEnd): StreamFault[] {
  if (hungUp === undefined) return []
  const isWhole = !isShortened(text)
  const faults: readonly (readonly [isTrue: boolean, fault: StreamFault])[] = [
    [isReset, 'reset'],
    [hungUp, 'hungUp'],
    [frames.at(-1)?.kind === 'cut', 'cut'],
    [isWhole && !frames.some(({ finish }) => finish !== undefined), 'noFinish'],
    [isWhole && !frames.some(({ kind }) => kind === 'done'), 'noDone'],
    [!isWhole, 'shortened'],
  ]
  return faults.filter(([isTrue]) => isTrue).map(([, fault]) => fault)
}

/** The number of events that are complete after a number of milliseconds. Events without a time belong to the last. */
export function countAt(frames: readonly Frame[], milliseconds: number): number {
  const next = frames.findIndex(({ time }) => time !== undefined && time > milliseconds)
  return next < 0 ? frames.length : next
}
