import { type JsonValue, isObject, parseJson } from '../util/json.ts'
import type { Scripted, StoredExchange } from '../store/store.ts'
import { redactText } from './credentials.ts'
import { type Exchange, modelOfExchange, readExchange } from './exchange.ts'

const WIDTH = 120
const MAX_ROWS = 20

/**
 * A plain-text table for the message of a failed test, at most 120 columns wide. It lists the script entries that no
 * request has used, and the requests that were received. It parses only what it shows, because a journal may hold
 * megabytes.
 */
export function toTable(exchanges: readonly StoredExchange[], scripted: readonly Scripted[] = []): string {
  const blocks: string[][] = []
  if (scripted.length > 0) {
    const shown = scripted.slice(0, MAX_ROWS).map(scriptRow)
    const rows = tableOf(['times', 'response', 'when'], shown, { rest: scripted.length - shown.length, are: 'more' })
    blocks.push([`Scripted responses that no request has used (${scripted.length}):`, ...rows])
  }
  if (exchanges.length === 0) blocks.push(['No requests received.'])
  else {
    const columns = ['id', 'request', 'model', 'status', 'scenario', 'detail']
    const shown = exchanges.slice(-MAX_ROWS).map((stored) => exchangeRow(readExchange(stored)))
    const rows = tableOf(columns, shown, { rest: exchanges.length - shown.length, are: 'earlier' })
    blocks.push([`Requests received (${exchanges.length}):`, ...rows])
  }
  return blocks.map((block) => block.join('\n')).join('\n\n')
}

function scriptRow({ json, left }: Scripted): string[] {
  const entry = parseJson(json) ?? json
  if (!isObject(entry)) return [String(left), textOf(entry), 'always']
  const { scenario, then, when, times: _times, ...rest } = entry
  const response = typeof scenario === 'string' ? scenario : textOf(scenario ?? then ?? rest)
  return [String(left), response, when === undefined ? 'always' : textOf(when)]
}

// Writes an object as `model: flux, stream: true`.
function textOf(value: JsonValue): string {
  const text = isObject(value)
    ? Object.entries(value)
        .map(([name, member]) => `${name}: ${typeof member === 'string' ? member : JSON.stringify(member)}`)
        .join(', ')
    : JSON.stringify(value)
  return redactText(text)
}

function exchangeRow(exchange: Exchange): string[] {
  const { id, request, chat, response, scenario, violations, note } = exchange
  const status = `${response.status}${response.stream ? ' stream' : ''}`
  const detail = errorIn(exchange) ?? violations[0]?.message ?? chat?.prompt ?? note ?? ''
  return [
    id,
    `${request.method} ${request.path}`,
    modelOfExchange(exchange) ?? '',
    status,
    scenario?.name ?? '',
    detail,
  ]
}

// The message of the error that the client got; undefined if a scenario is the reason.
function errorIn({ response: { status, body }, scenario }: Exchange): string | undefined {
  const error = status >= 400 && scenario === null && isObject(body) ? body['error'] : undefined
  const message = isObject(error) ? error['message'] : undefined
  return typeof message === 'string' ? message : undefined
}

/** The rows that are not shown: how many, and how they relate to those that are. */
interface Omitted {
  readonly rest: number
  readonly are: 'more' | 'earlier'
}

function tableOf(head: readonly string[], rows: readonly string[][], { rest, are }: Omitted): string[] {
  const shown = rows.map((row) => row.map((cell) => cell.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()))
  const widths = fit(head.map((title, i) => Math.max(...[title, ...shown.map((row) => row[i] ?? '')].map(widthOf))))
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => pad(cell, widths[i] ?? 0)).join('  ')}`.trimEnd()
  const lines = [head, ...shown].map(line)
  return rest === 0 ? lines : [...lines, `  … and ${rest} ${are}`]
}

// Narrows the widest column, one character at a time, until the line fits.
function fit(widths: readonly number[]): number[] {
  const fitted = [...widths]
  for (let excess = 2 + fitted.reduce((sum, width) => sum + width + 2, -2) - WIDTH; excess > 0; excess--) {
    const widest = fitted.indexOf(Math.max(...fitted))
    fitted[widest] = (fitted[widest] ?? 1) - 1
  }
  return fitted
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u

// Width in terminal columns: Chinese characters and emoji take two.
function widthOf(text: string): number {
  let width = 0
  for (const character of text.slice(0, WIDTH)) width += WIDE.test(character) ? 2 : 1
  return width
}

function pad(text: string, width: number): string {
  let kept = ''
  let taken = 0
  const isCut = text.length > WIDTH || widthOf(text) > width
  for (const character of text.slice(0, WIDTH)) {
    const next = WIDE.test(character) ? 2 : 1
    if (taken + next > width - (isCut ? 1 : 0)) break
    kept += character
    taken += next
  }
  return isCut ? `${kept}…${' '.repeat(Math.max(0, width - taken - 1))}` : kept + ' '.repeat(width - taken)
}
