import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { isProbe } from '../app/routes/control.ts'
import { isOfPage } from '../app/routes/page.ts'
import type { RequestLogEntry } from '../app/settings.ts'
import { isOfKey } from '../scenarios/choose.ts'
import { printable, printableLines, toPrintableJson } from './printable.ts'

/** How a log is written. */
export const LOG_FORMS = ['pretty', 'json', 'silent'] as const
export type LogForm = (typeof LOG_FORMS)[number]

/** How important a line is, the most important first. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** The log of a mock: each call writes one entry, unless its level is filtered out. */
export interface Log {
  /** A request and its response. */
  readonly request: (entry: RequestLogEntry) => void
  /** A stream with waits that begins; `request` follows at its end. */
  readonly stream: (entry: RequestLogEntry) => void
  /** A reload of `--watch`, with the files that changed. */
  readonly reload: (files: readonly string[]) => void
  /** Any other event: its message, which can differ between the two forms, and fields for JSON. */
  readonly event: (level: Level, msg: string | Message, fields?: Fields) => void
}

type Fields = Readonly<Record<string, string | number | readonly string[]>>

/** A message in both forms of a log. */
interface Message {
  readonly json: string
  readonly pretty: string
}

/** How a log is written, and the lowest level that it has. */
export interface LogStyle {
  readonly form: LogForm
  readonly level: Level
  /** Whether the pretty form has colours. */
  readonly isColored?: boolean
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/**
 * A Log that passes each entry, without its line end, to `write`. A silent one has only internal errors of the mock.
 */
export function createLog(
  { form, level: least, isColored = false }: LogStyle,
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  const paint: Paint = (format, text) => (isColored ? styleText(format, text, { validateStream: false }) : text)
  const isWritten = (level: Level): boolean => form !== 'silent' && LEVELS.indexOf(level) <= LEVELS.indexOf(least)
  const timeOf = (): string => new Date(now()).toISOString()
  const pretty = (text: string): void => write(`${paint('dim', timeOf().slice(11, 19))} ${text}`)
  const entryOf = (level: Level, entry: RequestLogEntry, isStart: boolean): void => {
    if (!isWritten(level)) return
    if (form === 'json') write(toPrintableJson(toLine(entry, isStart, { time: timeOf(), level })))
    else pretty(toText(entry, isStart, paint))
  }
  const event: Log['event'] = (level, message, fields) => {
    if (!isWritten(level) && !(form === 'silent' && level === 'error')) return
    const { json: msg, pretty: lines } = typeof message === 'string' ? { json: message, pretty: message } : message
    const text = printableLines(lines)
    if (form === 'json') write(toPrintableJson({ time: timeOf(), level, msg, ...fields }))
    else pretty(level === 'error' ? paint('red', text) : level === 'warn' ? paint('yellow', text) : text)
  }
  return {
    request: (entry) => entryOf(levelOf(entry), entry, false),
    stream: (entry) => entryOf('info', entry, true),
    reload: (all) => {
      const files = all.slice(0, MAX_FILES)
      const more = all.length > files.length ? ` and ${all.length - files.length} more` : ''
      const text = `reloaded after a change of ${files.map((file) => printable(file)).join(', ')}${more}`
      event('info', { json: 'reloaded', pretty: text }, { files, changed: all.length })
    },
    event,
  }
}

/** Files that the entry of a reload lists. */
const MAX_FILES = 10

// An error that a scenario or a probe is meant to cause is not worth a warning.
function levelOf({ path, status, scenario, note }: RequestLogEntry): Level {
  if (isProbe(path) && (status < 400 || status === 503)) return 'debug'
  if (isOfPage(path) && status < 400) return 'debug'
  if (scenario !== undefined) return 'info'
  if (status >= 500) return 'error'
  return status >= 400 || note !== undefined ? 'warn' : 'info'
}

// Undefined members are left out of JSON.
function toLine(
  entry: RequestLogEntry,
  isStart: boolean,
  { time, level }: { readonly time: string; readonly level: Level },
): object {
  const path = shorten(entry.path)
  return {
    time,
    level,
    msg: `${entry.method} ${path} ${isStart ? 'started' : entry.status}`,
    ...entry,
    path,
    status: isStart ? undefined : entry.status,
    duration: isStart ? undefined : round(entry.duration),
    hungUp: entry.hungUp || undefined,
    violations: entry.violations || undefined,
  }
}

function toText(entry: RequestLogEntry, isStart: boolean, paint: Paint): string {
  const { method, path, status, model, stream, size, prompt, session, scenario, violations, note, error } = entry
  const isNoted = note?.includes(`scenario ${scenario} (`) === true
  const isRepeated = error !== undefined && note?.includes(toHeaderText(error).slice(0, MAX_COMPARED)) === true
  const color = status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green'
  const parts = [
    isStart ? undefined : paint(color, String(status)),
    `${method} ${printable(shorten(path))}`,
    model && paint('cyan', printable(model)),
    stream === true ? 'stream' : undefined,
    size,
    prompt === undefined ? undefined : `"${printable(prompt)}"`,
    isStart ? 'started' : `${round(entry.duration)} ms`,
    entry.hungUp ? '(client disconnected)' : undefined,
    session === undefined || isOfKey(session) ? undefined : `session ${session}`,
    scenario === undefined || isNoted ? undefined : `scenario ${scenario}`,
    violations === 0 ? undefined : `${violations} violation${violations === 1 ? '' : 's'}`,
    note && paint('yellow', `(${printable(note)})`),
  ]
  const text = parts.filter((part) => part !== undefined && part !== '').join(' ')
  return error === undefined || isRepeated ? text : `${text}: ${paint('red', printable(error))}`
}

/** Characters of an error that are looked for in the note, which repeats the gateway's errors; both can be cut. */
const MAX_COMPARED = 100

// Notes are written into a header, and have other characters replaced.
function toHeaderText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}

function round(duration: number): number {
  return Math.round(duration * 10) / 10
}

// The path of a picture can have 2,300 characters.
function shorten(path: string): string {
  return path.length > 120 ? `${path.slice(0, 80)}...${path.slice(-36)}` : path
}

/** Collects lines and writes them together. */
export interface LineBuffer {
  /** Takes a line, without its line end. */
  readonly add: (line: string) => void
  /** Writes all added lines at once. */
  readonly flush: () => void
}

/** Bytes that are buffered while stderr is blocked. Further lines are dropped. */
const MAX_WAITING = 1_048_576

/**
 * Writes the lines of one turn of the event loop together: a system call for each line would take half as long as a
 * response. While the stream is blocked, lines are dropped. `onDropped` gets their number as soon as lines are written
 * again.
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
