import type { ChatRequest } from '../chat/chat-request.ts'
import { isMeant } from '../chat/profile.ts'
import type { When } from './scenario.ts'

/** Of a long prompt this much is compared. */
const MAX_PROMPT = 100_000

/** What of a Scenario's `when` a request does not fit, in words: none where it fits; `nth` counts the session's chat requests. */
export function mismatches(when: When, { model, prompt, wantsStream, references }: ChatRequest, nth: number): string[] {
  const words = prompt.slice(0, MAX_PROMPT)
  const conditions: readonly (readonly [isMet: boolean, told: string])[] = [
    [when.model === undefined || [when.model].flat().some((name) => isMeant(name, model)), `model is ${model}`],
    [when.prompt === undefined || words.includes(when.prompt), 'prompt does not contain it'],
    [when.pattern === undefined || fits(words, when.pattern), 'prompt does not look like it'],
    [when.stream === undefined || when.stream === wantsStream, `stream is ${wantsStream}`],
    [when.references === undefined || when.references === references.length > 0, `references: ${references.length}`],
    [when.nth === undefined || when.nth === nth, `it is request ${nth}`],
  ]
  return conditions.filter(([isMet]) => !isMet).map(([, told]) => told)
}

// A pattern whose only sign is *, in time that grows with the text and no faster.
function fits(text: string, pattern: string): boolean {
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
