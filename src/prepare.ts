import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { toProfiles } from './chat/load-profiles.ts'
import { loadFile } from './openapi/document.ts'
import { prepareContract, toParsed } from './openapi/precompile.ts'
import { loadScenarios } from './scenarios/load-fixtures.ts'

const root = new URL('../', import.meta.url)
const pathOf = (name: string): string => fileURLToPath(new URL(name, root))

/** The text of build/prepared.js: the packaged contract with its compiled validators, the validated profiles and scenarios, and the version. */
export async function prepare(): Promise<string> {
  const source = await loadFile(pathOf('fixtures/profiles.yaml'))
  const profiles = toProfiles(source.value, source)
  const { version }: { version: string } = JSON.parse(await readFile(pathOf('package.json'), 'utf8'))
  return [
    await prepareContract(pathOf('openapi.yaml')),
    toMap('profiles', profiles),
    toMap('scenarios', await loadScenarios(pathOf('fixtures/scenarios'))),
    `export const version = ${JSON.stringify(version)}\n`,
  ].join('')
}

function toMap(name: string, values: ReadonlyMap<string, unknown>): string {
  return `export const ${name} = new Map(${toParsed([...values])})\n`
}
