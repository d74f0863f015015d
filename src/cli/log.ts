import type { Writable } from 'node:stream'
import { isProbe } from '../app/routes/control.ts'
import type { RequestLogEntry } from '../app/settings.ts'

/** How a log is written. */
export const LOG_FORMS = ['pretty', 'json', 'silent'] as const
export type LogForm = (typeof LOG_FORMS)[number]

/** How important a line is, the most important first. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** The log of a mock: each call writes one line, unless its level is left out. */
export interface Log {
  /** A request and its answer. */
  readonly request: (entry: RequestLogEntry) => void
  /** Any other event; `fields` are only written in JSON. */
  readonly event: (level: Level, msg: string, fields?: Readonly<Record<string, string | number>>) => void
}

/** How a log is written, and the least important level that it writes. */
export interface LogStyle {
  readonly form: LogForm
  readonly level: Level
}

/** A Log that passes each line, without its line end, to `write`. A silent one only writes internal errors of the mock. */
export function createLog(
  { form, level: least }: LogStyle,
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  const isWritten = (level: Level): boolean => LEVELS.indexOf(level) <= LEVELS.indexOf(least)
  const timeOf = (): string => new Date(now()).toISOString()
  return {
    request: (entry) => {
      const level = levelOf(entry)
      if (form === 'silent' || !isWritten(level)) return
      const line = toLine(entry, timeOf(), level)
      write(form === 'json' ? JSON.stringify(line) : `${line.time.slice(11, 19)} ${toText(line)}`)
    },
    event: (level, msg, fields) => {
      if (form === 'silent' ? level !== 'error' : !isWritten(level)) return
      const time = timeOf()
      write(form === 'json' ? JSON.stringify({ time, level, msg, ...fields }) : `${time.slice(11, 19)} ${msg}`)
    },
  }
}

// What a scenario or a probe was meant to cause is not worth a warning.
function levelOf({ path, status, scenario, note }: RequestLogEntry): Level {
  if (isProbe(path) && (status < 400 || status === 503)) return 'debug'
  if (scenario !== undefined) return 'info'
  if (status >= 500) return 'error'
  return status >= 400 || note !== undefined ? 'warn' : 'info'
}

interface Line extends Omit<RequestLogEntry, 'hungUp'> {
  readonly time: string
  readonly level: Level
  readonly msg: string
  readonly hungUp: true | undefined
}

// The members of a line of JSON, in their order; undefined ones are left out.
function toLine(entry: RequestLogEntry, time: string, level: Level): Line {
  const { method, status, requestId, hungUp, model, session, scenario, note, error } = entry
  const path = shorten(entry.path)
  return {
    time,
    level,
    msg: `${method} ${path} ${status}`,
    requestId,
    method,
    path,
    status,
    duration: Math.round(entry.duration * 10) / 10,
    hungUp: hungUp ? true : undefined,
    model,
    session,
    scenario,
    note,
    error,
  }
}

function toText({ method, path, status, duration, hungUp, note, error }: Line): string {
  const gone = hungUp === true ? ' (hung up)' : ''
  const text = `${status} ${method} ${path} ${duration} ms${gone}${note === undefined ? '' : ` (${note})`}${error === undefined ? '' : `: ${error}`}`
  return text.replaceAll(/\p{Cc}/gu, '?')
}

// The path of a picture can have 1,500 characters.
function shorten(path: string): string {
  return path.length > 120 ? `${path.slice(0, 80)}...${path.slice(-36)}` : path
}

/** Collects lines and writes them together. */
export interface LineBuffer {
  /** Takes a line, without its line end. */
  readonly add: (line: string) => void
  /** Writes at once what has been added. */
  readonly flush: () => void
}

/** Bytes that may wait for the reader of the log. Above that, lines are dropped. */
const MAX_WAITING = 1_048_576

/**
 * Writes the lines of one turn of the event loop together: a system call for each line would take half as long as an answer.
 * While the reader of the stream is blocked, lines are dropped. `onDropped` gets their number as soon as lines are written again.
 */
export function createLineBuffer(
  stream: Pick<Writable, 'write' | 'writableLength'>,
  onDropped: (count: number) => void,
): LineBuffer {
  let lines: string[] = []
  let dropped = 0
  const flush = (): void => {
    const waiting = lines
    lines = []
    if (stream.writableLength > MAX_WAITING) {
      dropped += waiting.length
      return
    }
    if (waiting.length > 0) stream.write(`${waiting.join('\n')}\n`)
    if (dropped === 0) return
    const count = dropped
    dropped = 0
    onDropped(count)
  }
  return {
    add: (line) => {
      if (lines.push(line) === 1) setImmediate(flush)
    },
    flush,
  }
}
