import { estimateTokenCount } from 'tokenx'

/** The values of finish_reason. */
export const FINISHES = ['stop', 'length', 'content_filter'] as const
export type Finish = (typeof FINISHES)[number]

/** How a connection ends before its response is complete. */
export type End = 'close' | 'reset'

/**
 * One piece of a response: a delta of the stream. Text is stored with JSON escapes, because JSON and SSE both send it
 * in a JSON string.
 */
export interface Step {
  /** Milliseconds before this step at the pace of the real gateway. */
  readonly wait: number
  /** Tokens that it adds to the usage. */
  readonly tokens: number
  /** Has the role `assistant`, like the first delta. */
  readonly role?: true
  readonly content?: string
  /** Progress, sent as `reasoning_content`. */
  readonly reasoning?: string
  /** Pictures, each as the JSON of an image part; null sends the field without pictures. */
  readonly images?: readonly string[] | null
  readonly finish?: Finish
  /** Omitted from a JSON response. */
  readonly isStreamOnly?: true
  /** Milliseconds of silence before this step, independent of the pace. */
  readonly hold?: number
  /** An error in the middle of a response, as the gateway sends it: a delta with nothing else. */
  readonly error?: string
  /** Sent unchanged in a stream, in place of a delta. */
  readonly raw?: string
  /** The connection ends here: closed as if the response were complete, or reset. */
  readonly end?: End
}

/** A text with JSON escapes, and its number of tokens. */
export interface Piece {
  readonly json: string
  readonly tokens: number
}

/** Tokens of a link of the mock, whatever its host [G]. Links of a gateway have about as many. */
export const LINK_TOKENS = 45
/** Tokens of the ID of a task or a picture [G]. */
export const ID_TOKENS = 20
/** Tokens of a picture that is sent as bytes, as new-api counts a picture of Gemini [S]. */
export const PICTURE_TOKENS = 1400

const SAMPLE = 20_000

/** An estimate of the tokens of a text. For a long text, it is extrapolated from the first 20,000 characters. */
export function countTokens(text: string): number {
  if (text.length <= SAMPLE) return estimateTokenCount(text)
  return Math.round((estimateTokenCount(text.slice(0, SAMPLE)) * text.length) / SAMPLE)
}

/** A text with JSON escapes. U+2028 and U+2029 are escaped too, as the gateway (in Go) does. */
export function escapeJson(text: string): string {
  const json = JSON.stringify(text).slice(1, -1)
  return /[\u2028\u2029]/.test(json)
    ? json.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
    : json
}

/** A text as a Piece. Tokens are counted on first use, which makes a start faster. */
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

/** Texts as Pieces. */
export function toPieces<K extends string>(words: Readonly<Record<K, string>>): Readonly<Record<K, Piece>> {
  const entries = Object.entries<string>(words).map(([key, text]) => [key, toPiece(text)])
  return Object.fromEntries(entries)
}

/** Joins Pieces. */
export function join(pieces: readonly Piece[]): Piece {
  let json = ''
  let tokens = 0
  for (const piece of pieces) {
    json += piece.json
    tokens += piece.tokens
  }
  return { json, tokens }
}

/** A delta of text, `wait` milliseconds after the one before it. */
export function say(wait: number, ...pieces: readonly Piece[]): Step {
  const { json, tokens } = join(pieces)
  return { wait, tokens, content: json }
}
