import type { Links } from '../../images/links.ts'
import { toLinks } from '../../images/links.ts'
import { MEDIA_TYPES } from '../../images/media.ts'
import type { Recipe } from '../../images/recipe.ts'
import type { TaskForm } from '../digest.ts'
import type { ChatRequest } from '../chat-request.ts'
import type { Piece, Step } from '../step.ts'
import { escape, toPiece } from '../step.ts'
import { ID_TOKENS, LINK_TOKENS, PICTURE_TOKENS } from '../tokens.ts'

/** Where a model that talks about its picture does so. */
export const PROSE = ['none', 'before', 'after'] as const

/** What a Profile says of its Style's details. */
export interface StyleOptions {
  readonly task: TaskForm
  readonly prose: (typeof PROSE)[number]
}

/** What a Style writes about. */
export interface Subject extends StyleOptions {
  readonly request: ChatRequest
  /** One for each picture, at least one. */
  readonly recipes: readonly Recipe[]
  /** Draws a picture, for a style that sends its bytes. */
  readonly render: (recipe: Recipe) => Promise<Uint8Array>
}

/** How many characters of a prompt an answer repeats [G]. */
const ECHO = 4000

/** A link of ours, as a piece of text: an origin and a path of ours hold nothing that JSON escapes. */
export function link(url: string): Piece {
  return { json: url, tokens: LINK_TOKENS }
}

/** A task's or a picture's id, as a piece of text. */
export function id(text: string): Piece {
  return { json: text, tokens: ID_TOKENS }
}

/** The links of each picture of the answer. */
export function linksOf({ request, recipes }: Subject): [Links, ...Links[]] {
  const [first, ...rest] = recipes.map((recipe) => toLinks(request.base, recipe))
  if (first === undefined) throw new RangeError('an answer has at least one picture')
  return [first, ...rest]
}

/** The bytes of each picture of the answer, as a data URI in base64; one after the other, so that nobody waits behind all of them. */
export async function dataUrisOf({ recipes, render }: Subject): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (const recipe of recipes) {
    const bytes = await render(recipe)
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    pieces.push({ json: `data:${MEDIA_TYPES[recipe.format]};base64,${base64}`, tokens: PICTURE_TOKENS })
  }
  return pieces
}

function echo(prompt: string): string {
  return prompt.length > ECHO ? `${prompt.slice(0, ECHO).toWellFormed()}…` : prompt
}

// What a client looks for in an answer, written otherwise: a picture, a link, an image's bytes, the end of a fenced block.
const HIDDEN: readonly (readonly [found: string | RegExp, json: string])[] = [
  ['](', String.raw`]\u0028`],
  ['://', String.raw`:\/\/`],
  [/(?<=data:image)\//gi, String.raw`\/`],
  [/(?<=;base64),/gi, String.raw`\u002c`],
  ['```', String.raw`\u0060\u0060\u0060`],
]

// A sign of each of them: nearly no prompt has one.
const SUSPICIOUS = /\(|:|`|;/

/** A text as a JSON string; nothing in it can be mistaken for the answer's own. */
export function quote(text: string): string {
  const json = JSON.stringify(echo(text))
  return SUSPICIOUS.test(json) ? HIDDEN.reduce((open, [found, hidden]) => open.replaceAll(found, hidden), json) : json
}

/** The prompt as a picture's alt text, or in a sentence: one line without brackets and without links. */
export function lineOf({ prompt }: ChatRequest): Piece {
  return toPiece(
    echo(prompt)
      .replaceAll(/[\s[\](){}<>`!]+|:\/\/|(?<=data:image)\/|(?<=;base64),/gi, ' ')
      .trim(),
  )
}

// Words with the space before them, single Chinese characters, short numbers, escapes and signs: about what a tokenizer makes of JSON.
const TOKEN = /\\u[\da-f]{4}|\\.| ?[A-Za-z\u00c0-\u024f]+| ?\d{1,3}|[\s\S]/gu

/** How long a language model takes for a token, in milliseconds [G]. */
const TOKEN_WAIT = 20

function sayToken(json: string): Step {
  return { wait: TOKEN_WAIT, tokens: 1, content: json }
}

/** A text one language-model token a delta. */
export function sayTokens(text: string): Step[] {
  return Array.from(escape(text).match(TOKEN) ?? [], sayToken)
}

// The deltas of a block that are the same in every one.
const BLOCK = {
  open: ['```', 'json', '\n', '{\n'].map(escape).map(sayToken),
  key: [' ', ' "'].map(escape).map(sayToken),
  value: sayToken(escape('":')),
  next: sayToken(escape(',\n')),
  close: ['\n', '}\n', '```', '\n\n'].map(escape).map(sayToken),
}

/** The request as the fenced JSON block that stands at the head of an answer, one language-model token a delta. */
export function sayBlock(prompt: string, fields: readonly (readonly [key: string, value: string])[]): Step[] {
  const steps = [...BLOCK.open]
  const add = (key: string, value: string): void => {
    steps.push(...BLOCK.key, sayToken(key), BLOCK.value, ...sayTokens(` ${value}`))
  }
  add('prompt', quote(prompt))
  for (const [key, value] of fields) {
    steps.push(BLOCK.next)
    add(key, value)
  }
  steps.push(...BLOCK.close)
  return steps
}

/** Percentages, rising, as a progress line tells them: below 100, at most four. */
export function percentages(number: (bound: number) => number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((90 * (i + 1)) / (count + 1)) + number(12))
}
