import type { ChatRequest } from '../chat/chat-request.ts'
import { isMeant } from '../chat/profile.ts'
import type { When } from './scenario.ts'

const MAX_PROMPT = 100_000 // characters of a prompt that are compared

/** Characters of a value in a near miss. */
const MAX_SHOWN = 100

/**
 * Why a request does not match a `when`, one text for each condition, such as `model: expected 'flux', got
 * 'dall-e-3'`; empty if it matches. `nth` is the number of the request among the chat requests of its session.
 */
export function mismatches(when: When, { model, prompt, wantsStream, references }: ChatRequest, nth: number): string[] {
  const text = prompt.slice(0, MAX_PROMPT)
  const hasReferences = references.length > 0
  const models = when.model === undefined ? undefined : [when.model].flat()
  const conditions: readonly (readonly [isMet: boolean, name: string, expected: () => string, actual: unknown])[] = [
    [
      models?.some((name) => isMeant(name, model)) ?? true,
      'model',
      () => (models ?? []).map(shown).join(' or '),
      model,
    ],
    [when.prompt === undefined || text.includes(when.prompt), 'prompt', () => `to contain ${shown(when.prompt)}`, text],
    [
      when.pattern === undefined || matchesPattern(text, when.pattern),
      'prompt',
      () => `to match ${shown(when.pattern)}`,
      text,
    ],
    [when.stream === undefined || when.stream === wantsStream, 'stream', () => shown(when.stream), wantsStream],
    [
      when.references === undefined || when.references === hasReferences,
      'references',
      () => shown(when.references),
      hasReferences,
    ],
    [when.nth === undefined || when.nth === nth, 'nth', () => shown(when.nth), nth],
  ]
  return conditions
    .filter(([isMet]) => !isMet)
    .map(([, name, expected, actual]) => `${name}: expected ${expected()}, got ${shown(actual)}`)
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  return value.length <= MAX_SHOWN ? `'${value}'` : `'${value.slice(0, MAX_SHOWN).toWellFormed()}…'`
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
