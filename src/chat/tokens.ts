import { estimateTokenCount } from 'tokenx'

const SAMPLE = 20_000

/** An estimate of a text's tokens. Of a long text the first 20,000 characters are counted and the rest is taken to be like them. */
export function countTokens(text: string): number {
  if (text.length <= SAMPLE) return estimateTokenCount(text)
  return Math.round((estimateTokenCount(text.slice(0, SAMPLE)) * text.length) / SAMPLE)
}

/** The tokens of a link to one of our pictures or pages, wherever the server listens [G]; a gateway's link has about as many. */
export const LINK_TOKENS = 45
/** The tokens of a task's or a picture's id [G]. */
export const ID_TOKENS = 20
/** The tokens of a picture whose bytes stand in the answer: new-api's count for what Gemini draws [S]. */
export const PICTURE_TOKENS = 1400
