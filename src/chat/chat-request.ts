import type { JsonObject, JsonValue } from '../util/json.ts'
import { isObject } from '../util/json.ts'
import { firstOf, labelOf } from '../images/label.ts'
import type { Format, Recipe, Size } from '../images/recipe.ts'
import { FORMATS, MAX_MODEL, PALETTES } from '../images/recipe.ts'
import { ApiError } from '../errors/api-error.ts'
import { digestOf, digitsFrom, prngFor } from './digest.ts'
import type { Language } from './language.ts'
import { languageOf } from './language.ts'
import type { Pace, Waits } from './delays.ts'
import { waitsOf } from './delays.ts'
import type { Reference } from './reference.ts'
import { readConversation, toReferences } from './reference.ts'
import { askedOf, blockOf, choose, ratioName } from './size.ts'
import { countTokens } from './tokens.ts'

/** One chat request, read. */
export interface ChatRequest {
  readonly model: string
  /** What the last user turn asks for, reference URLs left out. */
  readonly prompt: string
  /** The prompt's language, which some styles follow. */
  readonly language: Language
  readonly size: Size
  /** `2:3` */
  readonly ratio: string
  readonly count: number
  readonly format: Format
  readonly references: readonly Reference[]
  readonly wantsStream: boolean
  /** One more chunk with the usage, as `stream_options.include_usage` asks. */
  readonly wantsUsage: boolean
  readonly promptTokens: number
  /** 64 hexadecimal digits from which all that looks random follows. */
  readonly digest: string
  /** What links begin with. */
  readonly base: string
  /** How long the real model would take. */
  readonly waits: Waits
  /** What was done otherwise than asked. */
  readonly notes: readonly string[]
}

/** What a model can do, as far as its requests are read by it. */
export interface Capabilities {
  /** The sizes that it really has, the default one first. */
  readonly sizes: readonly Size[]
  /** The formats that it makes, the default one first. */
  readonly formats: readonly [Format, ...Format[]]
  /** Reference pictures: it takes none, may have some, answers without one although the vendor wants one, or refuses without one. */
  readonly references: 'none' | 'optional' | 'wanted' | 'required'
  /** What it takes from a reference picture when the request says nothing of size. */
  readonly follows: 'ratio' | 'size' | undefined
  readonly pace: Pace
}

// Every chunk of a stream repeats it.
const MAX_NAME = 256

/** What a ChatRequest is read with besides its body. */
export interface Reading {
  readonly profile: Capabilities
  readonly base: string
  readonly seed: string
}

/** Reads the body of a chat request that its contract has checked; throws an ApiError for a broken or a missing reference picture. */
export async function readChatRequest(body: JsonObject, { profile, base, seed }: Reading): Promise<ChatRequest> {
  const model = textOf(body['model'])
  if (model.length > MAX_NAME)
    throw new ApiError('invalid_value', {
      param: 'model',
      reason: `Invalid value for 'model': a name has at most ${MAX_NAME} characters.`,
    })
  const conversation = readConversation(body['messages'])
  const pictures = conversation.sources.length
  const given = profile.references === 'none' || pictures === 0 ? [] : await toReferences(conversation.sources)
  if (profile.references === 'required' && given.length === 0)
    throw new ApiError('reference_required', { param: 'messages', asked: model.slice(0, 64) })
  const words = conversation.prompt.toWellFormed()
  const block = blockOf(words.slice(0, 20_000))
  const prompt = typeof block?.['prompt'] === 'string' ? block['prompt'].toWellFormed() : words
  const chosen = choose(askedOf(words, body), profile, given.findLast(({ size }) => size !== undefined)?.size)
  const digest = digestOf(body, seed)
  return {
    model,
    prompt,
    language: languageOf(prompt.slice(0, 20_000)),
    size: chosen.size,
    ratio: ratioName(chosen.size.width / chosen.size.height),
    count: chosen.count,
    format: formatOf(body['output_format'], profile),
    references: given,
    wantsStream: body['stream'] === true,
    wantsUsage: isObject(body['stream_options']) && body['stream_options']['include_usage'] === true,
    promptTokens: 7 + 85 * pictures + countTokens(conversation.text),
    digest,
    base,
    waits: waitsOf(profile.pace, digest),
    notes: [
      ...chosen.notes,
      ...formatNotes(body['output_format'], profile),
      ...referenceNotes(profile, model, pictures),
    ],
  }
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function formatOf(asked: JsonValue | undefined, { formats }: Capabilities): Format {
  const wanted = asked === 'jpeg' ? 'jpg' : asked
  return FORMATS.find((format) => format === wanted && formats.includes(format)) ?? formats[0]
}

function formatNotes(asked: JsonValue | undefined, profile: Capabilities): string[] {
  const format = formatOf(asked, profile)
  return typeof asked !== 'string' || asked === (format === 'jpg' ? 'jpeg' : format) || asked === format
    ? []
    : [`output_format=${JSON.stringify(asked.slice(0, 40))} is not made by this model: ${format}`]
}

function referenceNotes({ references }: Capabilities, model: string, pictures: number): string[] {
  if (references === 'none' && pictures > 0) return [`${model} takes no reference pictures: ${pictures} ignored`]
  if (references === 'wanted' && pictures === 0) return [`the real ${model} wants a reference picture`]
  return []
}

/** The Recipes of a request's pictures. */
export function toRecipes(request: ChatRequest): Recipe[] {
  const { model, size, format, references, count, digest } = request
  return Array.from({ length: count }, (_, i) => {
    return {
      model: firstOf(model.slice(0, 2 * MAX_MODEL).toWellFormed(), MAX_MODEL),
      ...size,
      format,
      palette: prngFor(digest, `palette ${i}`)(PALETTES),
      emblem: digitsFrom(digest, `emblem ${i}`, 16),
      label: labelOf(request.prompt),
      references: references.map(({ mark }) => mark),
      index: i + 1,
      count,
    }
  })
}
