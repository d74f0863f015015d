import type { Delta } from './wire.ts'
import { countFixed } from './token.ts'

/** A piece of an answer. Its content counts for its tokens; `wait` is in milliseconds of the real gateway's time. */
export type Step =
  | { readonly type: 'delta'; readonly wait: number; readonly delta: Delta; readonly tokens: number }
  | { readonly type: 'finish'; readonly wait: number; readonly reason: 'stop' }

/** A piece of text whose tokens are known. */
export interface Counted {
  readonly text: string
  readonly tokens: number
}

/** A delta of text: fixed words, whose tokens are counted once, and counted pieces. */
export function say(wait: number, ...parts: readonly (string | Counted)[]): Step {
  let content = ''
  let tokens = 0
  for (const part of parts) {
    content += typeof part === 'string' ? part : part.text
    tokens += typeof part === 'string' ? countFixed(part) : part.tokens
  }
  return { type: 'delta', wait, delta: { content }, tokens }
}

/** A delta for each of these pieces, in the manner of a language model: one token each. */
export function sayTokens(wait: number, pieces: readonly string[]): Step[] {
  return pieces.map((content) => ({ type: 'delta', wait, delta: { content }, tokens: 1 }))
}

/** A delta that holds nothing. */
export const EMPTY: Step = { type: 'delta', wait: 0, delta: {}, tokens: 0 }

/** All the text that the steps say. */
export function textOf(steps: readonly Step[]): string {
  let text = ''
  for (const step of steps) if (step.type === 'delta') text += step.delta.content ?? ''
  return text
}
