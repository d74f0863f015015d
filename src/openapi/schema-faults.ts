import { type ErrorObject, Ajv2020 } from 'ajv/dist/2020.js'
import { type JsonObject, isObject } from '../util/json.ts'
import { refsIn } from './document.ts'
import { escapePointer, pointerOf, toPath, valueIn } from './json-pointer.ts'
import { isVersion30, mapObjects } from './normalize-schema.ts'

const META = 'https://json-schema.org/draft/2020-12/schema'
/** Where a key `schema` is the name of something else. */
const OTHERS = new Set([
  'responses',
  'parameters',
  'examples',
  'requestBodies',
  'headers',
  'links',
  'callbacks',
  'content',
])

/** The keywords with invalid values in the schemas of an OpenAPI 3.1 document. Each path has one error. */
export function findSchemaFaults(document: JsonObject): ErrorObject[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, logger: false })
  const faults = new Map<string, ErrorObject>()
  const checked = new Set<string>()
  const check = (path: readonly string[]): void => {
    // A file of a 3.1 document may be a 3.0 document itself.
    const file = path[0] === 'x-files' ? valueIn(document, path.slice(0, 2)) : undefined
    if (isObject(file) && isVersion30(file)) return
    const schema = valueIn(document, path)
    if (checked.has(path.join('\n')) || !isObject(schema)) return
    checked.add(path.join('\n'))
    if (!ajv.validate(META, schema))
      for (const error of ajv.errors ?? []) {
        const instancePath = `${toPointer(path)}${error.instancePath}`
        if (!faults.has(instancePath)) faults.set(instancePath, { ...error, instancePath })
      }
    for (const { text } of refsIn(schema)) check(toPath(pointerOf(text) ?? ''))
  }
  mapObjects(document, (object, path) => {
    const [name = '', parent = '', grandparent] = path.toReversed()
    if ((name === 'schema' && !OTHERS.has(parent)) || (parent === 'schemas' && grandparent === 'components'))
      check(path)
    return object
  })
  // An object around an error also has an error.
  const paths = [...faults.keys()]
  return [...faults.values()].filter(({ instancePath }) => !paths.some((path) => path.startsWith(`${instancePath}/`)))
}

function toPointer(path: readonly string[]): string {
  return path.map((key) => `/${escapePointer(key)}`).join('')
}
