import { countTokens } from './tokens.ts'

/** How an answer can finish. */
export const FINISHES = ['stop', 'length', 'content_filter'] as const
export type Finish = (typeof FINISHES)[number]

/**
 * One piece of an answer: a delta of the stream, with the fields that it has. Text is kept as it stands inside a JSON
 * string, since both ways of answering write it there: it is escaped once.
 */
export interface Step {
  /** Milliseconds of the real gateway's time before it. */
  readonly wait: number
  /** What it counts for in the usage. */
  readonly tokens: number
  /** Names the assistant, as the first delta does. */
  readonly role?: true
  readonly content?: string
  /** What the model tells of its progress beside the answer. */
  readonly reasoning?: string
  /** Pictures, each as the JSON of its image part; null where the field is sent without one. */
  readonly images?: readonly string[] | null
  readonly finish?: Finish
  /** Said in a stream, and left out where the answer is one piece. */
  readonly isStreamOnly?: true
  /** Milliseconds before it whatever the pace, in which nothing is heard. */
  readonly hold?: number
  /** A failure in mid-answer, as the gateway tells it: a delta with nothing else. */
  readonly error?: string
  /** Written into a stream as it is, in place of a delta. */
  readonly raw?: string
  /** The connection ends here, after what came before: closed as if all were said, or reset. */
  readonly end?: End
}

/** How a connection ends before its answer does. */
export type End = 'close' | 'reset'

/** A piece of text inside a JSON string, and how many tokens it counts for. */
export interface Piece {
  readonly json: string
  readonly tokens: number
}

/** A text as it stands inside a JSON string; the two line separators that are not JSON's are escaped, as the gateway's Go does. */
export function escape(text: string): string {
  const json = JSON.stringify(text).slice(1, -1)
  return /[\u2028\u2029]/.test(json)
    ? json.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
    : json
}

/** A text as a piece; words that stand in the code are made pieces when it is loaded, and counted when they are first said. */
export function toPiece(text: string): Piece {
  let tokens: number | undefined
  return {
    json: escape(text),
    get tokens() {
      return (tokens ??= countTokens(text))
    },
  }
}

/** The texts of a table as pieces. */
export function toPieces<K extends string>(words: Readonly<Record<K, string>>): Readonly<Record<K, Piece>> {
  const entries = Object.entries<string>(words).map(([key, text]) => [key, toPiece(text)])
  return Object.fromEntries(entries)
}

/** Pieces as one. */
export function join(pieces: readonly Piece[]): Piece {
  let json = ''
  let tokens = 0
  for (const piece of pieces) {
    json += piece.json
    tokens += piece.tokens
  }
  return { json, tokens }
}

/** One delta of text. */
export function say(wait: number, ...pieces: readonly Piece[]): Step {
  const { json, tokens } = join(pieces)
  return { wait, tokens, content: json }
}
