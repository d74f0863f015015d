import { countTokens } from './token.ts'

/**
 * A piece of an answer; `wait` is in milliseconds of the real gateway's time. Text is kept as it stands inside a JSON
 * string, since both ways of answering write it there: it is escaped once.
 */
export type Step =
  | { readonly type: 'role'; readonly wait: number }
  | { readonly type: 'text'; readonly wait: number; readonly json: string; readonly tokens: number }
  | { readonly type: 'empty'; readonly wait: number }
  | { readonly type: 'finish'; readonly wait: number; readonly reason: 'stop' }

/** A piece of text inside a JSON string, and how many tokens it counts for. */
export interface Piece {
  readonly json: string
  readonly tokens: number
}

/** A text as it stands inside a JSON string. */
export function escape(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** A text as a piece; words that stand in the code are made pieces once, when it is loaded. */
export function toPiece(text: string): Piece {
  return { json: escape(text), tokens: countTokens(text) }
}

/** One delta of text. */
export function say(wait: number, ...pieces: readonly Piece[]): Step {
  let json = ''
  let tokens = 0
  for (const piece of pieces) {
    json += piece.json
    tokens += piece.tokens
  }
  return { type: 'text', wait, json, tokens }
}

/** All the text that the steps say, as it stands inside a JSON string. */
export function joinText(steps: readonly Step[]): string {
  let json = ''
  for (const step of steps) if (step.type === 'text') json += step.json
  return json
}
