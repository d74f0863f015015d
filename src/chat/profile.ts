import type { Format, Size } from '../images/recipe.ts'
import type { Pace } from './delays.ts'
import type { TaskForm } from './digest.ts'
import type { StyleName } from './styles/styles.ts'

/** Where a model that talks about its picture does so. */
export const PROSE = ['none', 'before', 'after'] as const
export type Prose = (typeof PROSE)[number]

/** How one model answers. */
export interface Profile {
  readonly style: StyleName
  /** The sizes that it has, the default one first. */
  readonly sizes: readonly Size[]
  /** The formats that it makes, the default one first. */
  readonly formats: readonly [Format, ...Format[]]
  /** Reference pictures: ignored, optional, answered with a note if there is none, or rejected if there is none. */
  readonly references: 'none' | 'optional' | 'wanted' | 'required'
  /** What it takes from a reference picture if the request names neither size nor ratio. */
  readonly follows: 'ratio' | 'size' | undefined
  readonly task: TaskForm
  readonly prose: Prose
  readonly pace: Pace
}

/** The Profile of each model and family; `profileOf` looks them up. */
export type Profiles = ReadonlyMap<string, Profile>

/** Whether a name in a file of profiles matches a model: it is the model's name, or the start of it and `*`. */
export function isMeant(name: string, model: string): boolean {
  return name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model
}

/** The Profile of a model: its own, else that of the family with the longest prefix (`flux-kontext-*` before `flux-*`), else that of `*`. */
export function profileOf(profiles: Profiles, model: string): Profile {
  const own = profiles.get(model)
  if (own !== undefined) return own
  let family = '*'
  for (const name of profiles.keys()) if (name.length > family.length && isMeant(name, model)) family = name
  const profile = profiles.get(family)
  if (profile === undefined) throw new Error(`no profile for '${model}': fixtures/profiles.yaml needs a block '*'`)
  return profile
}
