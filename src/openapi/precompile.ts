import ajvStandalone from 'ajv/dist/standalone/index.js'
import { loadDocument } from './document.ts'
import { toOperations } from './read-operations.ts'
import { createAjv, requestSchemas, schemaAt, withAppending } from './validator.ts'

/**
 * A contract as the text of an ES module that exports `document`, `operations` and `validators`: parsed, read and compiled
 * at build time, so that a start needs neither YAML nor ajv.
 */
export async function prepareContract(file: string): Promise<string> {
  const { document } = await loadDocument(file)
  const operations = toOperations(document)
  const schemas = requestSchemas(document, operations)
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

/** Code that gives a value: JSON in a text is read faster than the same as code. */
export function toParsed(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`
}
