import ajvStandalone from 'ajv/dist/standalone/index.js'
import { loadDocument } from './document.ts'
import { toOperations } from './operation.ts'
import { createAjv, requestSchemas, schemaAt, withAppending } from './validator.ts'

/**
 * A contract as the text of an ES module that exports `document` and `validators`: parsed and compiled at build time, so
 * that a start needs neither YAML nor ajv.
 */
export async function prepareContract(file: string): Promise<string> {
  const { document } = await loadDocument(file)
  const schemas = requestSchemas(document, toOperations(document))
  const ajv = createAjv(document)
  const names = Object.fromEntries(
    schemas.map(([, pointer], i) => {
      ajv.addSchema(schemaAt(pointer, `request${i}`))
      return [`request${i}`, `request${i}`]
    }),
  )
  const entries = schemas.map(([key], i) => `  [${JSON.stringify(key)}, request${i}],\n`).join('')
  const code = withAppending(ajvStandalone.default(ajv, names))
  return [
    // ajv's ES modules still require its small run-time functions, where a schema needs one
    ...(code.includes('require(') ? ["import { createRequire } from 'node:module'", 'const require = createRequire(import.meta.url)'] : []),
    code,
    `export const document = JSON.parse(${JSON.stringify(JSON.stringify(document))})`,
    `export const validators = new Map([\n${entries}])`,
    '',
  ].join('\n')
}
