import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import ajvStandalone from 'ajv/dist/standalone/index.js'
import { toProfiles } from './chat/load-profiles.ts'
import { loadDocument, loadFile } from './openapi/document.ts'
import { toOperations } from './openapi/operation.ts'
import { createAjv, requestSchemas, schemaAt, withAppending } from './openapi/validator.ts'
import { loadScenarios } from './scenarios/load-fixtures.ts'

const root = new URL('../', import.meta.url)
const pathOf = (name: string): string => fileURLToPath(new URL(name, root))

/**
 * The text of build/prepared.js: the packaged contract with its compiled validators, the validated profiles and scenarios, and
 * the version. It is made at build time, so that a start needs neither YAML nor ajv.
 */
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

// The contract as the text of an ES module that exports `document`, `operations` and `validators`.
async function prepareContract(file: string): Promise<string> {
  const { document } = await loadDocument(file)
  const operations = toOperations(document)
  const ajv = createAjv(document)
  const names = requestSchemas(document, operations).map((pointer, i) => {
    const name = `request${i}`
    ajv.addSchema({ $id: name, ...schemaAt(pointer) })
    return { name, pointer }
  })
  const code = withAppending(ajvStandalone.default(ajv, Object.fromEntries(names.map(({ name }) => [name, name]))))
  const entries = names.map(({ name, pointer }) => `  [${JSON.stringify(pointer)}, ${name}],\n`).join('')
  return [
    // The code that ajv writes for ES modules still requires its run-time functions, where a schema needs one.
    ...(code.includes('require(')
      ? ["import { createRequire } from 'node:module'", 'const require = createRequire(import.meta.url)']
      : []),
    code,
    `let parsed\nexport const document = () => (parsed ??= ${toParsed(document)})`,
    `export const operations = ${toParsed(operations)}`,
    `export const validators = new Map([\n${entries}])`,
    '',
  ].join('\n')
}

// Code for a value: V8 reads JSON in a string faster than the same as code.
function toParsed(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`
}
