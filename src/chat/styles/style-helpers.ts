import { type Links, toLinks } from '../../images/links.ts'
import { type Recipe, MEDIA_TYPES } from '../../images/recipe.ts'
import type { ChatRequest } from '../chat-request.ts'
import type { Profile } from '../profile.ts'
import { type Piece, type Step, escapeJson, ID_TOKENS, LINK_TOKENS, PICTURE_TOKENS, say, toPiece } from '../step.ts'

/** The details of a Style that a Profile decides. */
export type StyleOptions = Pick<Profile, 'task' | 'prose'>

/** What a Style writes about. */
export interface Subject extends StyleOptions {
  readonly request: ChatRequest
  /** One for each picture, at least one. */
  readonly recipes: readonly Recipe[]
  /** Draws a picture, for a style that sends its bytes. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
}

/** A link of ours as a piece of text. Origins and our paths contain nothing that JSON escapes. */
export function link(url: string): Piece {
  return { json: url, tokens: LINK_TOKENS }
}

/** The id of a task or a picture as a piece of text. */
export function id(text: string): Piece {
  return { json: text, tokens: ID_TOKENS }
}

/** The links of each picture of the answer. */
export function linksOf({ request, recipes }: Subject): [Links, ...Links[]] {
  const [first, ...rest] = recipes.map((recipe) => toLinks(request.base, recipe))
  if (first === undefined) throw new RangeError('an answer has at least one picture')
  return [first, ...rest]
}

/** The bytes of each picture of the answer as a data URI; drawn one by one, so that other requests get their turn. */
export async function dataUrisOf({ recipes, render }: Subject): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (const recipe of recipes) {
    const bytes = await render(recipe)
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    pieces.push({ json: `data:${MEDIA_TYPES[recipe.format]};base64,${base64}`, tokens: PICTURE_TOKENS })
  }
  return pieces
}

/** Characters of a prompt that an answer repeats [G]. */
const MAX_ECHO = 4000

function echo(prompt: string): string {
  return prompt.length > MAX_ECHO ? `${prompt.slice(0, MAX_ECHO).toWellFormed()}…` : prompt
}

// What clients search an answer for (a picture, a link, a picture's bytes, the end of a fenced block), and another way to
// write it in JSON.
const HIDDEN: readonly (readonly [found: string | RegExp, json: string])[] = [
  ['](', String.raw`]\u0028`],
  ['://', String.raw`:\/\/`],
  [/(?<=data:image)\//gi, String.raw`\/`],
  [/(?<=;base64),/gi, String.raw`\u002c`],
  ['```', String.raw`\u0060\u0060\u0060`],
]
// One character of each; few prompts have one.
const SUSPICIOUS = /\(|:|`|;/

/** A prompt as a JSON string in which no client finds a picture or a link. */
export function quotePrompt(prompt: string): string {
  const json = JSON.stringify(echo(prompt))
  return SUSPICIOUS.test(json) ? HIDDEN.reduce((text, [found, hidden]) => text.replaceAll(found, hidden), json) : json
}

/** The prompt as a picture's alt text, or in a sentence: one line without brackets and without links. */
export function lineOf({ prompt }: ChatRequest): Piece {
  return toPiece(
    echo(prompt)
      .replaceAll(/[\s[\](){}<>`!]+|:\/\/|(?<=data:image)\/|(?<=;base64),/gi, ' ')
      .trim(),
  )
}

// Escapes, words with the space before them, numbers of up to three digits, and single characters: about the tokens that a
// language model's tokenizer finds in JSON.
const TOKEN = /\\u[\da-f]{4}|\\.| ?[A-Za-z\u00c0-\u024f]+| ?\d{1,3}|[\s\S]/gu

/** The time that a language model takes for one token, in milliseconds [G]. */
const TOKEN_WAIT = 20

function sayToken(json: string): Step {
  return { wait: TOKEN_WAIT, tokens: 1, content: json }
}

/** A text, one token of a language model a delta. */
export function sayTokens(text: string): Step[] {
  return escapeJson(text).match(TOKEN)?.map(sayToken) ?? []
}

// The deltas that are the same in every block.
const BLOCK = {
  open: ['```', 'json', '\n', '{\n'].map(escapeJson).map(sayToken),
  name: [' ', ' "'].map(escapeJson).map(sayToken),
  value: sayToken(escapeJson('":')),
  next: sayToken(escapeJson(',\n')),
  close: ['\n', '}\n', '```', '\n\n'].map(escapeJson).map(sayToken),
}

/** The fields of a request, as names and values in JSON, as a fenced block at the start of an answer, one token of a language model a delta. */
export function sayBlock(fields: readonly (readonly [name: string, json: string])[]): Step[] {
  const steps = [...BLOCK.open]
  for (const [name, json] of fields) {
    if (steps.length > BLOCK.open.length) steps.push(BLOCK.next)
    steps.push(...BLOCK.name)
    steps.push(sayToken(name), BLOCK.value)
    for (const token of sayTokens(` ${json}`)) steps.push(token) // too many for the arguments of one call
  }
  steps.push(...BLOCK.close)
  return steps
}

/** `count` equal deltas that share a wait. */
export function repeat(wait: number, count: number, piece: Piece): Step[] {
  return Array<Step>(count).fill(say(wait / count, piece))
}

/** Rising percentages of a progress line, below 100; `count` is at most four. */
export function percentages(number: (bound: number) => number, count: number): number[] {
  const values: number[] = []
  for (let i = 1; i <= count; i++) values.push(Math.floor((90 * i) / (count + 1)) + number(12))
  return values
}
