import { type Links, toLinks } from '../../images/links.ts'
import { type Recipe, MEDIA_TYPES } from '../../images/recipe.ts'
import type { ChatRequest } from '../chat-request.ts'
import type { Profile } from '../profile.ts'
import { type Piece, type Step, escapeJson, ID_TOKENS, LINK_TOKENS, PICTURE_TOKENS, say, toPiece } from '../step.ts'

/** The options of a Style in a Profile. */
export type StyleOptions = Pick<Profile, 'task' | 'prose'>

/** What a Style writes about. */
export interface Subject extends StyleOptions {
  readonly request: ChatRequest
  /** One for each picture; at least one. */
  readonly recipes: readonly Recipe[]
  /** Draws a picture for a style that sends its bytes. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
}

/** A link of the mock as a piece of text. It contains no character that JSON escapes. */
export function link(url: string): Piece {
  return { json: url, tokens: LINK_TOKENS }
}

/** The ID of a task or a picture as a piece of text. */
export function id(text: string): Piece {
  return { json: text, tokens: ID_TOKENS }
}

/** The links of each picture. */
export function linksOf({ request, recipes }: Subject): [Links, ...Links[]] {
  const [first, ...rest] = recipes.map((recipe) => toLinks(request.base, recipe))
  if (first === undefined) throw new RangeError('a response needs at least one picture')
  return [first, ...rest]
}

/** Each picture as a data URI. Draws them one by one, so that other requests are not blocked. */
export async function dataUrisOf({ recipes, render }: Subject): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (const recipe of recipes) {
    const bytes = await render(recipe)
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    pieces.push({ json: `data:${MEDIA_TYPES[recipe.format]};base64,${base64}`, tokens: PICTURE_TOKENS })
  }
  return pieces
}

/** Characters of a prompt that a response repeats, at most [G]. */
const MAX_ECHO = 4000

function echo(prompt: string): string {
  return prompt.length > MAX_ECHO ? `${prompt.slice(0, MAX_ECHO).toWellFormed()}…` : prompt
}

// Texts that clients search for (a picture, a link, a picture's bytes, the end of a code block), and the same texts
// with JSON escapes.
const HIDDEN: readonly (readonly [found: string | RegExp, json: string])[] = [
  ['](', String.raw`]\u0028`],
  ['://', String.raw`:\/\/`],
  [/(?<=data:image)\//gi, String.raw`\/`],
  [/(?<=;base64),/gi, String.raw`\u002c`],
  ['```', String.raw`\u0060\u0060\u0060`],
]
// One character of each text: most prompts have none.
const SUSPICIOUS = /\(|:|`|;/

/** A prompt as a JSON string in which clients find no picture and no link. */
export function quotePrompt(prompt: string): string {
  const json = JSON.stringify(echo(prompt))
  return SUSPICIOUS.test(json) ? HIDDEN.reduce((text, [found, hidden]) => text.replaceAll(found, hidden), json) : json
}

/** The prompt for an alt text or a sentence: one line without brackets and links. */
export function lineOf({ prompt }: ChatRequest): Piece {
  return toPiece(
    echo(prompt)
      .replaceAll(/[\s[\](){}<>`!]+|:\/\/|(?<=data:image)\/|(?<=;base64),/gi, ' ')
      .trim(),
  )
}

// About the tokens of a language model in JSON: escapes, words with the space before them, numbers of up to three
// digits, and single characters.
const TOKEN = /\\u[\da-f]{4}|\\.| ?[A-Za-z\u00c0-\u024f]+| ?\d{1,3}|[\s\S]/gu

/** The time of a language model for one token, in milliseconds [G]. */
const TOKEN_WAIT = 20

function sayToken(json: string): Step {
  return { wait: TOKEN_WAIT, tokens: 1, content: json }
}

/** A text, one token per delta. */
export function sayTokens(text: string): Step[] {
  return escapeJson(text).match(TOKEN)?.map(sayToken) ?? []
}

// The deltas that all blocks share.
const BLOCK = {
  open: ['```', 'json', '\n', '{\n'].map(escapeJson).map(sayToken),
  name: [' ', ' "'].map(escapeJson).map(sayToken),
  value: sayToken(escapeJson('":')),
  next: sayToken(escapeJson(',\n')),
  close: ['\n', '}\n', '```', '\n\n'].map(escapeJson).map(sayToken),
}

/** Fields (name and JSON value) as a JSON code block, one token per delta. */
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

/** `count` equal deltas, which share a wait. */
export function repeat(wait: number, count: number, piece: Piece): Step[] {
  return Array<Step>(count).fill(say(wait / count, piece))
}

/** `count` rising percentages below 100; `count` is at most four. */
export function percentages(number: (bound: number) => number, count: number): number[] {
  const values: number[] = []
  for (let i = 1; i <= count; i++) values.push(Math.floor((90 * i) / (count + 1)) + number(12))
  return values
}
