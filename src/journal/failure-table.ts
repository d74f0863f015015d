import type { JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import type { Scripted } from '../store/store.ts'
import { redactFields, redactText } from './credentials.ts'
import type { Exchange } from './exchange.ts'

/** What a test that failed wants to show. */
export interface Shown {
  readonly exchanges: readonly Exchange[]
  /** What was scripted and never asked for. */
  readonly scripted?: readonly Scripted[]
}

const WIDTH = 120
const MAX_ROWS = 20

/** A plain-text table for the message of a test that failed, at most 120 characters wide: what was scripted and never asked for, and what was asked instead. */
export function toTable({ exchanges, scripted = [] }: Shown): string {
  const blocks = [
    ...(scripted.length === 0
      ? []
      : [
          [
            `scripted and never asked for (${scripted.length}):`,
            ...tableOf(['times', 'answer', 'when'], scripted.map(scriptRow), true),
          ],
        ]),
    exchanges.length === 0
      ? ['nothing was asked']
      : [
          `${scripted.length === 0 ? 'asked' : 'asked instead'} (${exchanges.length}):`,
          ...tableOf(['id', 'request', 'model', 'status', 'scenario', 'what'], exchanges.map(exchangeRow)),
        ],
  ]
  return blocks.map((block) => block.join('\n')).join('\n\n')
}

function scriptRow({ json, left }: Scripted): string[] {
  const entry = parse(json)
  if (!isObject(entry)) return [String(left), textOf(entry), 'always']
  const { scenario, then, when, times: _times, ...rest } = entry
  const answer = typeof scenario === 'string' ? scenario : textOf(scenario ?? then ?? rest)
  return [String(left), answer, when === undefined ? 'always' : textOf(when)]
}

// As people write it: `model: flux, stream: true`.
function textOf(value: JsonValue): string {
  const text = isObject(value)
    ? Object.entries(value)
        .map(([name, member]) => `${name}: ${typeof member === 'string' ? member : JSON.stringify(member)}`)
        .join(', ')
    : JSON.stringify(value)
  return redactText(redactFields(text))
}

function parse(json: string): JsonValue {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function exchangeRow({ id, request, chat, response, scenario, violations, note }: Exchange): string[] {
  const [violation] = violations
  const what = violation?.message ?? chat?.prompt ?? note ?? ''
  return [
    id,
    `${request.method} ${request.path}`,
    chat?.model ?? '',
    `${response.status}${response.stream ? ' stream' : ''}`,
    scenario?.name ?? '',
    what,
  ]
}

function tableOf(head: readonly string[], rows: readonly string[][], oldest = false): string[] {
  // Of many, the newest tell most of what was asked, and the next ones of what was scripted.
  const shown = (oldest ? rows.slice(0, MAX_ROWS) : rows.slice(-MAX_ROWS)).map((row) =>
    row.map((cell) => cell.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()),
  )
  const widths = fit(head.map((title, i) => Math.max(...[title, ...shown.map((row) => row[i] ?? '')].map(widthOf))))
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => pad(cell, widths[i] ?? 0)).join('  ')}`.trimEnd()
  const rest = rows.length - shown.length
  return [line(head), ...shown.map(line), ...(rest === 0 ? [] : [`  … and ${rest} ${oldest ? 'more' : 'before'}`])]
}

// The widest column gives way until all of them fit.
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

// In columns of a terminal: Chinese characters and emoji take two.
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
