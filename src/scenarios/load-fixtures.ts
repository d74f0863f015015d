import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadProfiles, PROFILES } from '../chat/load-profiles.ts'
import type { Profiles } from '../chat/profile.ts'
import { type OnRead, FileError, loadFile, messageOf } from '../openapi/document.ts'
import type { Scenario, Scenarios } from './scenario.ts'
import { toScenario } from './scenario-schema.ts'

const SCENARIOS = 'scenarios' // the subfolder with Scenarios

/** The contents of a folder of fixtures. */
export interface Fixtures {
  readonly profiles: Profiles
  readonly scenarios: Scenarios
}

/**
 * Reads `profiles.yaml` and `scenarios/` of a user's folder. The Profiles override those of `under`. Throws a
 * FileError that lists the problems of all files, or if the folder has neither.
 */
export async function loadFixtures(folder: string, under: Profiles, onRead: OnRead = () => {}): Promise<Fixtures> {
  const [profilesPath, scenariosPath] = [join(folder, PROFILES), join(folder, SCENARIOS)]
  onRead(profilesPath)
  onRead(scenariosPath, isScenarioFile)
  const [hasProfiles, hasScenarios] = [existsSync(profilesPath), existsSync(scenariosPath)]
  if (!hasProfiles && !hasScenarios)
    throw new FileError([`${folder}: nothing to read; use a folder with a file ${PROFILES} or a folder ${SCENARIOS}`])
  const [profiles, scenarios] = await Promise.allSettled([
    hasProfiles ? loadProfiles(profilesPath, under) : new Map(),
    hasScenarios ? loadScenarios(scenariosPath, onRead) : new Map(),
  ])
  if (profiles.status === 'rejected' || scenarios.status === 'rejected')
    throw new FileError(problemsOf([profiles, scenarios]))
  return { profiles: profiles.value, scenarios: scenarios.value }
}

/** The Scenarios of a folder, by name. Throws a FileError that lists the problems of all its files. */
export async function loadScenarios(folder: string, onRead: OnRead = () => {}): Promise<Scenarios> {
  const names = (await listFolder(folder)).filter(isScenarioFile).toSorted()
  const load = async (name: string): Promise<Scenario> => {
    const path = join(folder, name)
    onRead(path)
    const source = await loadFile(path)
    return toScenario(name.replace(/\.ya?ml$/, ''), source.value, source)
  }
  const loaded = await Promise.allSettled(names.map(load))
  const problems = problemsOf(loaded)
  if (problems.length > 0) throw new FileError(problems)
  return new Map(loaded.flatMap((result) => (result.status === 'fulfilled' ? [[result.value.name, result.value]] : [])))
}

// Hidden files belong to editors and systems, such as the lock file of a file that is being edited.
function isScenarioFile(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name)
}

// With `watch` the folder can be deleted at any moment.
async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)
    throw new FileError([`${folder}: cannot be read (${reason}); use a folder with scenario files`])
  }
}

// The problems of files. Other errors are thrown.
function problemsOf(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return []
    if (result.reason instanceof FileError) return result.reason.faults
    throw result.reason
  })
}
