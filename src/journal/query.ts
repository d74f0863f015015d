import { didYouMean } from '../util/suggest.ts'
import { answerText } from './answer-text.ts'
import type { Exchange } from './exchange.ts'
import { type ConditionName, CONDITION_NAMES, conditionOf, isCondition } from './filter-fields.ts'

/** Maximum number of characters and of terms of a query. */
export const MAX_QUERY = 500
export const MAX_TERMS = 20

/** A term of a query. */
export interface QueryTerm {
  /** The condition; undefined for text that is searched for. */
  readonly field: ConditionName | undefined
  readonly value: string
  /** Whether only exchanges are selected that do not match. */
  readonly isNegated: boolean
}

// A sign, a field, and a value with or without quotes. A quote that is not closed ends with the query.
const TERM = /(-?)(?:([a-z]+):(?!\/\/))?(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^\s"]*))/giy

/**
 * Reads a query such as `model:flux -status:200 "a red fox"`. Fields are the conditions of a Filter; anything else is
 * text. Throws a RangeError for an unknown field, an invalid value, more than 500 characters or more than 20 terms.
 * @example
 * parseQuery('model:flux fox') // [{ field: 'model', value: 'flux', … }, { field: undefined, value: 'fox', … }]
 */
export function parseQuery(query: string): QueryTerm[] {
  if (query.length > MAX_QUERY) throw new RangeError(`Use at most ${MAX_QUERY} characters, not ${query.length}.`)
  const terms: QueryTerm[] = []
  for (let at = skipSpace(query, 0); at < query.length; at = skipSpace(query, at)) {
    TERM.lastIndex = at
    const [whole = '', sign = '', name, quoted, word = ''] = TERM.exec(query) ?? []
    at += Math.max(1, whole.length)
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? word
    const field = fieldOf(name, value)
    if (field !== undefined || value !== '') terms.push({ field, value, isNegated: sign === '-' })
    if (terms.length > MAX_TERMS) throw new RangeError(`Use at most ${MAX_TERMS} terms.`)
  }
  return terms
}

function skipSpace(query: string, from: number): number {
  let at = from
  while (/\s/.test(query.charAt(at))) at++
  return at
}

function fieldOf(written: string | undefined, value: string): ConditionName | undefined {
  if (written === undefined) return undefined
  const name = written.toLowerCase()
  if (!isCondition(name)) {
    const shown = name.slice(0, 64)
    const hint = didYouMean(shown, CONDITION_NAMES)
    throw new RangeError(
      `unknown field '${shown}'.${hint} Use ${CONDITION_NAMES.join(', ')}, or put quotes around a text with a colon.`,
    )
  }
  const { allowed, form } = conditionOf(name)
  if (value === '' || form?.test(value) === false)
    throw new RangeError(`'${value.slice(0, 64)}' is not a valid ${name}. Use ${allowed}.`)
  return name
}

/** Whether an Exchange matches all terms of a query. Text is found in any case. */
export function matchesQuery(exchange: Exchange, terms: readonly QueryTerm[]): boolean {
  let text: string | undefined
  return terms.every(({ field, value, isNegated }) => {
    const isMatch =
      field === undefined
        ? (text ??= searchedText(exchange)).includes(value.toLowerCase())
        : conditionOf(field).matches(exchange, value)
    return isMatch !== isNegated
  })
}

function searchedText({ chat, request, note, response }: Exchange): string {
  return [chat?.prompt, request.path, note, answerText(response)].join('\n').toLowerCase()
}
