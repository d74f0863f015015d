import { estimateTokenCount } from 'tokenx'

/** How an answer can finish. */
export const FINISHES = ['stop', 'length', 'content_filter'] as const
export type Finish = (typeof FINISHES)[number]

/** How a connection ends before its answer does. */
export type End = 'close' | 'reset'

/**
 * One piece of an answer: a delta of the stream, with the fields that it has. Text is kept as it is written inside a JSON
 * string, since JSON and SSE both write it there: it is escaped once.
 */
export interface Step {
  /** Milliseconds before it at the pace of the real gateway. */
  readonly wait: number
  /** What it adds to the usage. */
  readonly tokens: number
  /** Names the assistant, as the first delta does. */
  readonly role?: true
  readonly content?: string
  /** Progress that is reported beside the answer. */
  readonly reasoning?: string
  /** Pictures, each as the JSON of its image part; null where the field is sent without one. */
  readonly images?: readonly string[] | null
  readonly finish?: Finish
  /** Left out of an answer in one piece. */
  readonly isStreamOnly?: true
  /** Milliseconds of silence before it, whatever the pace. */
  readonly hold?: number
  /** A failure in mid-answer, as the gateway reports it: a delta that holds nothing else. */
  readonly error?: string
  /** Written into a stream as it is, in place of a delta. */
  readonly raw?: string
  /** The connection ends here: closed as if the answer were complete, or reset. */
  readonly end?: End
}

/** A piece of text inside a JSON string, and its number of tokens. */
export interface Piece {
  readonly json: string
  readonly tokens: number
}

/** The number of tokens of a link to one of our pictures or pages, wherever the server listens [G]; a link of a gateway has about as many. */
export const LINK_TOKENS = 45
/** The number of tokens of a task's or a picture's id [G]. */
export const ID_TOKENS = 20
/** The number of tokens of a picture whose bytes are in the answer, as new-api counts a picture of Gemini [S]. */
export const PICTURE_TOKENS = 1400

const SAMPLE = 20_000

/** An estimate of a text's number of tokens. Of a long text the first 20,000 characters are counted, and the rest is taken to be like them. */
export function countTokens(text: string): number {
  if (text.length <= SAMPLE) return estimateTokenCount(text)
  return Math.round((estimateTokenCount(text.slice(0, SAMPLE)) * text.length) / SAMPLE)
}

/** A text as it is written inside a JSON string. U+2028 and U+2029 are escaped too, as Go does, in which the gateway is written. */
export function escapeJson(text: string): string {
  const json = JSON.stringify(text).slice(1, -1)
  return /[\u2028\u2029]/.test(json)
    ? json.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
    : json
}

/** A text as a piece. Its tokens are counted when they are first used: a start need not count the words of all styles. */
export function toPiece(text: string): Piece {
  return new CountedPiece(text)
}

class CountedPiece implements Piece {
  readonly json: string
  readonly #text: string
  #tokens: number | undefined

  constructor(text: string) {
    this.json = escapeJson(text)
    this.#text = text
  }

  get tokens(): number {
    return (this.#tokens ??= countTokens(this.#text))
  }
}

/** The texts of a table as pieces. */
export function toPieces<K extends string>(words: Readonly<Record<K, string>>): Readonly<Record<K, Piece>> {
  const entries = Object.entries<string>(words).map(([key, text]) => [key, toPiece(text)])
  return Object.fromEntries(entries)
}

/** Joins pieces. */
export function join(pieces: readonly Piece[]): Piece {
  let json = ''
  let tokens = 0
  for (const piece of pieces) {
    json += piece.json
    tokens += piece.tokens
  }
  return { json, tokens }
}

/** One delta of text, `wait` milliseconds after the one before it. */
export function say(wait: number, ...pieces: readonly Piece[]): Step {
  const { json, tokens } = join(pieces)
  return { wait, tokens, content: json }
}
