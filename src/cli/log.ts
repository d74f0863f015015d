import type { Writable } from 'node:stream'
import { isProbe, METRICS } from '../app/routes/control.ts'
import type { RequestLogEntry } from '../app/settings.ts'
import { parseRedisUrl } from '../store/redis-url.ts'
import { REMEMBERED } from '../store/store.ts'

/** How a log is written. */
export const LOG_FORMS = ['pretty', 'json', 'silent'] as const
export type LogForm = (typeof LOG_FORMS)[number]

/** How much a line of it matters, the most first. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** What the log is told. */
export interface Log {
  /** A request and its answer. */
  readonly exchange: (exchange: RequestLogEntry) => void
  /** Anything else, with what a program wants to read of it. */
  readonly tell: (level: Level, msg: string, more?: Readonly<Record<string, string | number>>) => void
}

/** How a log is written, and from which level on. */
export interface LogStyle {
  readonly form: LogForm
  readonly level: Level
}

/** A Log that gives each line, without its end, to `write`. A silent one says only what went wrong with the mock itself. */
export function createLog(
  { form, level: least }: LogStyle,
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  const isMeant = (level: Level): boolean => LEVELS.indexOf(level) <= LEVELS.indexOf(least)
  const at = createTimes(now)
  return {
    exchange: (exchange) => {
      const level = levelOf(exchange)
      if (form === 'silent' || !isMeant(level)) return
      const time = at()
      write(form === 'json' ? toJson(exchange, time, level) : toPretty(time, toText(exchange)))
    },
    tell: (level, msg, more) => {
      if (form === 'silent' ? level !== 'error' : !isMeant(level)) return
      const time = at()
      write(form === 'json' ? JSON.stringify({ time, level, msg, ...more }) : toPretty(time, msg))
    },
  }
}

// The time in ISO 8601, written once a millisecond.
function createTimes(now: () => number): () => string {
  let last = Number.NaN
  let text = ''
  return () => {
    const ms = now()
    if (ms !== last) text = new Date(ms).toISOString()
    last = ms
    return text
  }
}

function toPretty(time: string, text: string): string {
  return `${time.slice(11, 19)} ${text}`
}

/** Lines that are written together. */
export interface Lines {
  /** Takes a line, without its end. */
  readonly add: (line: string) => void
  /** Writes at once what is not written yet. */
  readonly flush: () => void
}

/** Bytes that wait for whoever reads the log at most; of more, lines are left out. */
const MAX_WAITING = 1_048_576

/**
 * Gives a stream the lines of one turn of the event loop in one piece: a system call for each takes as long as half of an
 * answer. While nobody reads the stream, lines are left out; `onLeftOut` is told how many when they can be written again.
 */
export function createLines(
  stream: Pick<Writable, 'write' | 'writableLength'>,
  onLeftOut: (count: number) => void,
): Lines {
  let lines: string[] = []
  let leftOut = 0
  const flush = (): void => {
    const waiting = lines
    lines = []
    if (stream.writableLength > MAX_WAITING) {
      leftOut += waiting.length
      return
    }
    if (waiting.length > 0) stream.write(`${waiting.join('\n')}\n`)
    if (leftOut === 0) return
    const count = leftOut
    leftOut = 0
    onLeftOut(count)
  }
  return {
    add: (line) => {
      if (lines.push(line) === 1) setImmediate(flush)
    },
    flush,
  }
}

/** What a request says of itself: what was asked for is no news, whatever its status. */
function levelOf({ path, status, scenario, note }: RequestLogEntry): Level {
  if ((isProbe(path) || path === METRICS) && (status < 400 || status === 503)) return 'debug'
  if (scenario !== undefined) return 'info'
  if (status >= 500) return 'error'
  return status >= 400 || note !== undefined ? 'warn' : 'info'
}

// By hand: to make an object of it and a text of that takes as long as a tenth of an answer. A method and an id have nothing to escape.
function toJson(
  { method, path, status, duration, requestId, hungUp, model, session, scenario, note, error }: RequestLogEntry,
  time: string,
  level: Level,
): string {
  const short = escape(shorten(path))
  const head = `{"time":"${time}","level":"${level}","msg":"${method} ${short} ${status}","requestId":"${requestId}","method":"${method}","path":"${short}","status":${status},"duration":${round(duration)}`
  return `${head}${hungUp ? ',"hungUp":true' : ''}${member('model', model)}${member('session', session)}${member('scenario', scenario)}${member('note', note)}${member('error', error)}}`
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":"${escape(value)}"`
}

// Nearly every text is as plain as that.
function escape(text: string): string {
  return /^[\w\-./: ]*$/.test(text) ? text : JSON.stringify(text).slice(1, -1)
}

// Control characters of a path are no part of a line.
function toText({ method, path, status, duration, hungUp, note, error }: RequestLogEntry): string {
  const line = `${status} ${method} ${shorten(path)} ${round(duration)} ms${hungUp ? ' (hung up)' : ''}${note === undefined ? '' : ` (${note})`}${error === undefined ? '' : `: ${error}`}`
  return line.replaceAll(/\p{Cc}/gu, '?')
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

/** What is said at the start of where is remembered what is asked; undefined for a mock of this machine alone, which has no replicas. */
export function toStartLine({
  store,
  host = '127.0.0.1',
}: {
  readonly store?: string
  readonly host?: string
}): string | undefined {
  const address = store === undefined ? undefined : parseRedisUrl(store)
  if (address === undefined && /^(?:localhost|127\.[\d.]+|::1)$/.test(host)) return undefined
  const what = `${REMEMBERED.slice(0, -1).join(', ')} and ${REMEMBERED.at(-1)}`
  return address === undefined
    ? `${what} are of this process alone; several replicas share them with --store`
    : `${what} are shared at ${address.location}, prefix ${address.prefix}`
}

// The name of a picture may have 1,500 characters.
function shorten(path: string): string {
  return path.length > 120 ? `${path.slice(0, 80)}...${path.slice(-36)}` : path
}
