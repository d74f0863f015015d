import { evidence, profiles as packagedProfiles } from '#prepared'
import { readChatRequest, toRecipes } from '../chat/chat-request.ts'
import { type Profile, profileNameOf, profileOf } from '../chat/profile.ts'
import { sizeName } from '../chat/size.ts'
import { toLinks } from '../images/links.ts'
import { type Size, firstOf, MAX_MODEL, MIN_SIDE } from '../images/recipe.ts'
import { type Effect, effectsOf } from '../scenarios/effects.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { modelsOf } from './routes/operations.ts'
import type { MockContext } from './context.ts'

/** A scenario: what a client sees, and how to request it. */
export interface ScenarioEntry extends Omit<Scenario, 'then'> {
  /** The first word of its name, such as `limit`. */
  readonly group: string
  /** Whether it is one of the user's fixtures. */
  readonly isCustom: boolean
  /** The response to each request, in order. A sequence has several; then a normal response follows. */
  readonly effects: readonly Effect[]
  /** Ways to request it. `prompt` and `script` work for chat requests only. */
  readonly request: {
    /** The value of the header `x-mock-scenario`. */
    readonly header: string
    /** The beginning of a prompt. */
    readonly prompt: string
    /** The body of `POST /__mock/script`. */
    readonly script: { readonly scenario: string }
  }
}

/** A model or a family, with the facts of its profile. */
export interface ModelEntry extends Pick<Profile, 'style' | 'formats' | 'references' | 'task' | 'prose' | 'pace'> {
  /** A family ends with `*`. */
  readonly name: string
  /** The name of the profile that it uses: its own, that of its family, or `*`. */
  readonly profile: string
  /** Whether the profile is one of the user's fixtures. */
  readonly isCustom: boolean
  /** For example `1024x1536`; the default first. */
  readonly sizes: readonly string[]
  /** What is taken from a reference picture if the request has no size; null if nothing is. */
  readonly follows: 'ratio' | 'size' | null
  /** The sizes for requests with a reference picture; null if they are `sizes`. */
  readonly referenceSizes: readonly string[] | null
  /** Where each fact comes from, by its name: a text that begins with [S], [M], [R] or [G]. */
  readonly evidence: Readonly<Record<string, string>>
  /** The mock's path of a small sample picture. */
  readonly sample: string
}

/** The scenarios in the order of their names, the packaged ones first. */
export function scenarioEntries({
  scenarios,
  ownScenarios,
  errors,
}: Pick<MockContext, 'scenarios' | 'ownScenarios' | 'errors'>): ScenarioEntry[] {
  return Array.from(scenarios.values(), ({ then, ...about }) => {
    const { name } = about
    return {
      ...about,
      group: name.split('-', 1)[0] ?? '',
      isCustom: ownScenarios.includes(name),
      effects: effectsOf(then, errors),
      request: { header: name, prompt: `/mock ${name}`, script: { scenario: name } },
    }
  })
}

/** Maximum number of models that are listed. */
const MAX_MODELS = 1000

/** The models and families that can be requested: the first 1,000. */
export async function modelEntries(mock: MockContext): Promise<ModelEntry[]> {
  const { values, titles } = modelsOf(mock)
  return Promise.all([...values, ...titles].slice(0, MAX_MODELS).map(async (name) => modelEntry(name, mock)))
}

async function modelEntry(name: string, { profiles, prefix, seed, errors }: MockContext): Promise<ModelEntry> {
  const profile = profileOf(profiles, name)
  const block = profileNameOf(profiles, name)
  const isCustom = profile !== packagedProfiles.get(block)
  const { style, formats, references, task, prose, pace, sizes, referenceSizes, follows } = profile
  const [size = { width: 512, height: 512 }] = sizes
  const sampled = { ...profile, sizes: [toSampleSize(size)], references: 'none' as const }
  const body = { model: firstOf(name, MAX_MODEL), messages: [{ role: 'user', content: 'a fox' }] }
  const [recipe] = toRecipes(await readChatRequest(body, { profile: sampled, base: '', seed, dialect: errors }))
  return {
    name,
    profile: block,
    isCustom,
    style,
    sizes: sizes.map(sizeName),
    formats,
    references,
    follows: follows ?? null,
    referenceSizes: referenceSizes?.map(sizeName) ?? null,
    task,
    prose,
    pace,
    evidence: (isCustom ? undefined : evidence()[block]) ?? {},
    sample: recipe === undefined ? '' : toLinks(prefix, recipe).picture,
  }
}

const MAX_SAMPLE = 512 // pixels of the longer side, so that a page with all samples is drawn fast

function toSampleSize({ width, height }: Size): Size {
  const factor = Math.min(1, MAX_SAMPLE / Math.max(width, height))
  const side = (pixels: number): number => Math.max(MIN_SIDE, Math.round(pixels * factor))
  return { width: side(width), height: side(height) }
}
