import { ApiError } from '../errors/api-error.ts'
import type { Dialect } from '../errors/table.ts'
import type { Format, PictureFault, Recipe, Size } from '../images/recipe.ts'
import { firstOf, FORMATS, labelOf, MAX_MODEL, PALETTES } from '../images/recipe.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { type Waits, waitsOf } from './delays.ts'
import { digestOf, digitsFrom, prngFor } from './digest.ts'
import type { Profile } from './profile.ts'
import { type Reference, readConversation, toReferences } from './reference.ts'
import { chooseSize, fencedJson, ratioName, readSizeRequest } from './size.ts'
import { countTokens } from './step.ts'

/** The languages of responses and pages. */
export type Language = 'zh' | 'en'

/** The language of a text: Chinese if it contains a Chinese character. */
export function languageOf(text: string): Language {
  return /[\u3400-\u9fff]/.test(text) ? 'zh' : 'en'
}

/**
 * The usage in a stream: not at all; null in each chunk, because the gateway requested it from the vendor and does not
 * pass it on; or also as a chunk at the end.
 */
export type StreamUsage = 'absent' | 'null' | 'chunk'

// Depending on `stream_options.include_usage`. Of the gateway [M].
const USAGES: Readonly<Record<Dialect, (included: JsonValue | undefined) => StreamUsage>> = {
  openai: (included) => (included === true ? 'chunk' : 'absent'),
  gateway: (included) => (included === false ? 'null' : 'chunk'),
  'gateway-2025': (included) => (included === true ? 'chunk' : 'null'),
}

/** The content of one chat request. */
export interface ChatRequest {
  readonly model: string
  /** The text of the last user message, without reference URLs. */
  readonly prompt: string
  /** The language of the prompt. Some styles write in it. */
  readonly language: Language
  readonly size: Size
  /** `2:3` */
  readonly ratio: string
  readonly count: number
  readonly format: Format
  readonly references: readonly Reference[]
  readonly wantsStream: boolean
  readonly usage: StreamUsage
  /** Whether comments interrupt the silence of a stream. */
  readonly hasPings: boolean
  readonly promptTokens: number
  /** 64 hexadecimal digits. All values that look random are derived from them. */
  readonly digest: string
  /** The start of all links. */
  readonly base: string
  readonly waits: Waits
  readonly notes: readonly string[]
}

const MAX_NAME = 256 // characters of a model's name, which each chunk of a stream repeats
const MAX_SEARCHED = 20_000 // characters of a prompt that are searched for a code block and the language

/** What a ChatRequest depends on besides its body. */
export interface ReadOptions {
  readonly profile: Profile
  readonly base: string
  readonly seed: string
  readonly dialect: Dialect
}

/** Reads a valid body. Throws an ApiError for a reference picture that is broken or missing. */
export async function readChatRequest(
  body: JsonObject,
  { profile, base, seed, dialect }: ReadOptions,
): Promise<ChatRequest> {
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  if (model.length > MAX_NAME)
    throw new ApiError('invalid_value', {
      param: 'model',
      reason: `Invalid value for 'model': use a name of at most ${MAX_NAME} characters.`,
    })
  const conversation = readConversation(body['messages'])
  const { pictures } = conversation
  const references = profile.references === 'none' || pictures === 0 ? [] : await toReferences(conversation.sources)
  if (profile.references === 'required' && references.length === 0)
    throw new ApiError('reference_required', { param: 'messages', asked: model.slice(0, 64) })
  const text = conversation.prompt.toWellFormed()
  const block = fencedJson(text.slice(0, MAX_SEARCHED))
  const prompt = typeof block?.['prompt'] === 'string' ? block['prompt'].toWellFormed() : text
  const reference = references.findLast(({ size }) => size !== undefined)?.size
  const { size, count, notes: sizeNotes } = chooseSize(readSizeRequest(text, body), profile, reference)
  const { format, notes: formatNotes } = chooseFormat(body['output_format'], profile.formats)
  const digest = digestOf(body, seed)
  return {
    model,
    prompt,
    language: languageOf(prompt.slice(0, MAX_SEARCHED)),
    size,
    ratio: ratioName(size.width / size.height),
    count,
    format,
    references,
    wantsStream: body['stream'] === true,
    usage: USAGES[dialect](isObject(body['stream_options']) ? body['stream_options']['include_usage'] : undefined),
    hasPings: dialect === 'openai', // off by default in the gateway [M]
    promptTokens: 7 + 85 * pictures + countTokens(conversation.text), // the rule of published usages [M]
    digest,
    base,
    waits: waitsOf(profile.pace, digest),
    notes: sizeNotes.concat(formatNotes, referenceNotes(profile, model, pictures)),
  }
}

function chooseFormat(
  asked: JsonValue | undefined,
  formats: Profile['formats'],
): { readonly format: Format; readonly notes: readonly string[] } {
  const wanted = asked === 'jpeg' ? 'jpg' : asked
  const found = FORMATS.find((format) => format === wanted && formats.includes(format))
  if (found !== undefined || typeof asked !== 'string') return { format: found ?? formats[0], notes: [] }
  const quoted = JSON.stringify(asked.slice(0, 40))
  return { format: formats[0], notes: [`output_format=${quoted} is not supported by this model: used ${formats[0]}`] }
}

function referenceNotes({ references }: Profile, model: string, pictures: number): string[] {
  if (references === 'none' && pictures > 0)
    return [`${model} does not support reference pictures: ${pictures} ignored`]
  if (references === 'wanted' && pictures === 0) return [`the real ${model} expects a reference picture`]
  return []
}

/** The Recipes of the pictures of a response. `fault` is their defect. */
export function toRecipes(request: ChatRequest, fault?: PictureFault): Recipe[] {
  const { size, format, count, digest } = request
  const model = firstOf(request.model.slice(0, 2 * MAX_MODEL).toWellFormed(), MAX_MODEL)
  const label = labelOf(request.prompt)
  const references = request.references.map(({ mark }) => mark)
  const recipes: Recipe[] = []
  for (let i = 0; i < count; i++) {
    const palette = prngFor(digest, `palette ${i}`)(PALETTES)
    const emblem = digitsFrom(digest, `emblem ${i}`, 16)
    const recipe = { model, ...size, format, palette, emblem, label, references, index: i + 1, count }
    recipes.push(fault === undefined ? recipe : { ...recipe, fault })
  }
  return recipes
}
