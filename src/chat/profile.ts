import type { Capabilities } from './chat-request.ts'
import type { StyleOptions } from './styles/style-helpers.ts'
import type { StyleName } from './styles/styles.ts'

/** How one model speaks. */
export interface Profile extends Capabilities, StyleOptions {
  readonly style: StyleName
}

/** The Profile of each model and family, as `profileOf` finds them. */
export type Profiles = ReadonlyMap<string, Profile>

/** Whether a name in a file of profiles means a model: its own name, or a family's beginning and `*`. */
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
