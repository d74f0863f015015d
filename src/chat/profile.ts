import type { Format, Size } from '../image/recipe.ts'
import type { TaskForm } from './digest.ts'
import type { StyleName } from './style/style.ts'

/** How one model speaks. */
export interface Profile {
  readonly style: StyleName
  /** The sizes that it really has, the default one first. */
  readonly sizes: readonly Size[]
  /** The formats that it makes, the default one first. */
  readonly formats: readonly [Format, ...Format[]]
  /** Reference pictures: it takes none, may have some, answers without one although the vendor wants one, or refuses without one. */
  readonly references: 'none' | 'optional' | 'wanted' | 'required'
  /** What it takes from a reference picture when the request says nothing of size. */
  readonly follows: 'ratio' | 'size' | undefined
  readonly task: TaskForm
  /** How long a picture takes, in seconds: the shortest and the longest. */
  readonly pace: readonly [number, number]
}

/** The Profile of each model and family, as `profileOf` finds them. */
export type Profiles = ReadonlyMap<string, Profile>

/** The Profile of a model: its own, else that of the family with the longest prefix (`flux-kontext-*` before `flux-*`), else that of `*`. */
export function profileOf(profiles: Profiles, model: string): Profile {
  const own = profiles.get(model)
  if (own !== undefined) return own
  let family = '*'
  for (const name of profiles.keys()) {
    if (name.endsWith('*') && name.length > family.length && model.startsWith(name.slice(0, -1))) family = name
  }
  const profile = profiles.get(family)
  if (profile === undefined) throw new Error(`no profile for '${model}': fixtures/profiles.yaml needs a block '*'`)
  return profile
}
