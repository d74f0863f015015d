import type { ChatRequest } from '../chat/chat-request.ts'
import { isMeant } from '../chat/profile.ts'
import type { When } from './scenario.ts'

const MAX_PROMPT = 100_000 // characters of a prompt that are compared

/**
 * Why a request does not match a `when`, one text for each condition; empty if it matches. `nth` is the number of the
 * request among the chat requests of its session.
 */
export function mismatches(when: When, { model, prompt, wantsStream, references }: ChatRequest, nth: number): string[] {
  const text = prompt.slice(0, MAX_PROMPT)
  const conditions: readonly (readonly [isMet: boolean, words: string])[] = [
    [when.model === undefined || [when.model].flat().some((name) => isMeant(name, model)), `model is ${model}`],
    [when.prompt === undefined || text.includes(when.prompt), 'prompt does not contain the text'],
    [when.pattern === undefined || matchesPattern(text, when.pattern), 'prompt does not match the pattern'],
    [when.stream === undefined || when.stream === wantsStream, `stream is ${wantsStream}`],
    [
      when.references === undefined || when.references === references.length > 0,
      `references is ${references.length > 0}`,
    ],
    [when.nth === undefined || when.nth === nth, `nth is ${nth}`],
  ]
  return conditions.filter(([isMet]) => !isMet).map(([, words]) => words)
}

// `*` matches any text. Takes linear time.
function matchesPattern(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
