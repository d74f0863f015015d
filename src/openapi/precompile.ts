import ajvStandalone from 'ajv/dist/standalone/index.js'
import { loadDocument } from './document.ts'
import { toOperations } from './operation.ts'
import { createAjv, requestSchemas, schemaAt, withAppending } from './validator.ts'

/**
 * A contract as the text of an ES module that exports `document`, `operations` and `validators`. It is made at build time, so
 * that a start needs neither YAML nor ajv.
 */
export async function prepareContract(file: string): Promise<string> {
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

/** Code for a value: V8 reads JSON in a string faster than the same as code. */
export function toParsed(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`
}
