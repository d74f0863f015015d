// A step of the build: writes build/prepared.js with the packaged contract, its compiled validators, the validated
// profiles, scenarios and builds of the gateway, and the version. So a start needs neither YAML nor ajv.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ajvStandalone from 'ajv/dist/standalone/index.js'
import { toProfiles } from '../build/chat/load-profiles.js'
import { toGatewayBuild } from '../build/gateway/load-build.js'
import { loadFile } from '../build/openapi/document.js'
import { loadDocument } from '../build/openapi/load-document.js'
import { toOperations } from '../build/openapi/operation.js'
import { createAjv, requestSchemas, schemaAt, withAppending } from '../build/openapi/validator.js'
import { loadScenarios } from '../build/scenarios/load-fixtures.js'
import { evidenceIn } from './profile-facts.js'

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** JavaScript for a value, as JSON in a string, which V8 parses faster than an object literal. */
const toCode = (value) => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`

/** The source of an ES module that exports `document`, `operations` and `validators` of the contract. */
async function contractCode() {
  const { document } = await loadDocument(path('openapi.yaml'))
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
    // For ES modules too, ajv generates `require` for its run-time functions.
    ...(code.includes('require(')
      ? ["import { createRequire } from 'node:module'", 'const require = createRequire(import.meta.url)']
      : []),
    code,
    `let parsed\nexport const document = () => (parsed ??= ${toCode(document)})`,
    `export const operations = ${toCode(operations)}`,
    `export const validators = new Map([\n${entries}])`,
    '',
  ].join('\n')
}

/** The source of build/prepared.js. */
export async function prepare() {
  const source = await loadFile(path('fixtures/profiles.yaml'))
  const profiles = toProfiles(source.value, source)
  const scenarios = await loadScenarios(path('fixtures/scenarios'))
  const builds = await Promise.all(['gateway', 'gateway-2025'].map(async (name) => [name, await gatewayBuild(name)]))
  const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'))
  return [
    await contractCode(),
    `export const profiles = new Map(${toCode([...profiles])})\n`,
    `export const scenarios = new Map(${toCode([...scenarios])})\n`,
    `let facts\nexport const evidence = () => (facts ??= ${toCode(evidenceIn(source.text))})\n`,
    `export const gatewayBuilds = ${toCode(Object.fromEntries(builds))}\n`,
    `export const version = ${JSON.stringify(version)}\n`,
  ].join('')
}

async function gatewayBuild(name) {
  const source = await loadFile(path(`fixtures/gateway/${name}.yaml`))
  return toGatewayBuild(source.value, source)
}

if (realpathSync(process.argv[1]) === import.meta.filename) writeFileSync(path('build/prepared.js'), await prepare())
