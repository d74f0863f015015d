import type { Format, Size } from '../images/recipe.ts'
import type { Pace } from './delays.ts'
import type { TaskForm } from './digest.ts'
import type { StyleName } from './styles/styles.ts'

/** Where the style `markdown` adds a sentence. */
export const PROSE = ['none', 'before', 'after'] as const
export type Prose = (typeof PROSE)[number]

/** How one model answers. */
export interface Profile {
  readonly style: StyleName
  /** The sizes of the model, the default first. */
  readonly sizes: readonly Size[]
  /** The formats of the model, the default first. */
  readonly formats: readonly [Format, ...Format[]]
  /** Reference pictures: ignored, optional, missing ones noted, or missing ones rejected. */
  readonly references: 'none' | 'optional' | 'wanted' | 'required'
  /** What the model takes from a reference picture if the request has neither size nor ratio. */
  readonly follows: 'ratio' | 'size' | undefined
  /** With `follows: 'ratio'`: the sizes to choose from by the reference picture. Otherwise `sizes`. */
  readonly referenceSizes: readonly Size[] | undefined
  readonly task: TaskForm
  readonly prose: Prose
  readonly pace: Pace
}

/** The Profile of each model and family; `profileOf` looks them up. */
export type Profiles = ReadonlyMap<string, Profile>

/** Whether a name of a profile matches a model: the model's name, or its prefix with `*`. */
export function isMeant(name: string, model: string): boolean {
  return name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model
}

/** The name of the Profile of a model: its own name, a family, or `*`. */
export function profileNameOf(profiles: Profiles, model: string): string {
  if (profiles.has(model)) return model
  let family = '*'
  for (const name of profiles.keys()) if (name.length > family.length && isMeant(name, model)) family = name
  return family
}

/**
 * The Profile of a model: its own, otherwise that of the family with the longest prefix (`flux-kontext-*` before
 * `flux-*`), otherwise that of `*`.
 */
export function profileOf(profiles: Profiles, model: string): Profile {
  const profile = profiles.get(profileNameOf(profiles, model))
  if (profile === undefined) throw new Error(`No profile for '${model}'. Add a block '*' to fixtures/profiles.yaml.`)
  return profile
}
