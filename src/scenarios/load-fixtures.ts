import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Profiles } from '../chat/profile.ts'
import { loadProfiles, PROFILES } from '../chat/load-profiles.ts'
import { FileError, loadFile } from '../openapi/document.ts'
import type { Scenarios, Scenario } from './scenario.ts'
import { toScenario } from './scenario-schema.ts'

/** The name of the folder that holds a folder's Scenarios. */
const SCENARIOS = 'scenarios'

/** What a folder of fixtures says: Profiles, and Scenarios. */
export interface Fixtures {
  readonly profiles: Profiles
  readonly scenarios: Scenarios
}

/** Reads a user's folder: its `profiles.yaml`, laid over the packaged ones, and its `scenarios/NAME.yaml`. A FileError lists the faults of all files. */
export async function loadFixtures(folder: string, under: Profiles): Promise<Fixtures> {
  const [hasProfiles, hasScenarios] = await Promise.all([
    isThere(join(folder, PROFILES)),
    isThere(join(folder, SCENARIOS)),
  ])
  if (!hasProfiles && !hasScenarios)
    throw new FileError([
      `${folder}: there is nothing to read; give a folder that holds a file ${PROFILES} or a folder ${SCENARIOS}`,
    ])
  const [profiles, scenarios] = await Promise.allSettled([
    hasProfiles ? loadProfiles(join(folder, PROFILES), under) : new Map(),
    hasScenarios ? loadScenarios(join(folder, SCENARIOS)) : new Map(),
  ])
  const faults = [profiles, scenarios].flatMap((result) =>
    result.status === 'rejected' ? faultsOf(result.reason) : [],
  )
  if (profiles.status === 'rejected' || scenarios.status === 'rejected') throw new FileError(faults)
  return { profiles: profiles.value, scenarios: scenarios.value }
}

/** The Scenarios of a folder, by name; a FileError lists the faults of all its files. */
export async function loadScenarios(folder: string): Promise<Scenarios> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).toSorted()
  const loaded = await Promise.allSettled(names.map(async (name) => loadScenario(join(folder, name))))
  const faults = loaded.flatMap((result) => (result.status === 'rejected' ? faultsOf(result.reason) : []))
  if (faults.length > 0) throw new FileError(faults)
  return new Map(loaded.flatMap((result) => (result.status === 'fulfilled' ? [[result.value.name, result.value]] : [])))
}

async function loadScenario(path: string): Promise<Scenario> {
  const source = await loadFile(path)
  return toScenario(basename(path).replace(/\.ya?ml$/, ''), source.value, source)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function faultsOf(error: unknown): readonly string[] {
  if (error instanceof FileError) return error.faults
  throw error
}
