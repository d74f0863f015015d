import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { toPath, toPointer, pointerOf, valueIn } from './json-pointer.ts'
import { createValidators } from './lazy-validators.ts'
import type { LoadedDocument, Problem } from './load-document.ts'
import { isVersion30 } from './normalize-schema.ts'
import { isMediaType } from './operation.ts'
import { findStructureProblems } from './structure-problems.ts'
import { toUsableSchema } from './usable-schema.ts'
import { toViolations } from './violation.ts'
import { visitObjects } from './walk.ts'

const IGNORED = 'the keyword is ignored'

/**
 * Everything in a document that is not valid. The mock ignores each of these parts, and uses the rest of the document.
 * It takes longer than loading the document.
 */
export async function findProblems(loaded: LoadedDocument): Promise<Problem[]> {
  const { document, broken } = loaded
  const schemas = new Schemas(document)
  const problems: Problem[] = []
  visitObjects<undefined>(
    document,
    (object, path) => {
      const [name = '', parent = '', grandparent] = path.slice(-3).toReversed()
      if (name === 'schema' && !NAMING.has(parent)) schemas.check([...path])
      if (parent === 'schemas' && grandparent === 'components') schemas.check([...path])
      if (isObject(object['content'])) problems.push(...invalidMediaTypes(object['content'], [...path, 'content']))
      return undefined
    },
    undefined,
  )
  const structure = await findStructureProblems(document, (path) => schemas.includes(path))
  const examples = invalidExamples(document, schemas)
  return [...structure, ...broken, ...problems, ...schemas.problems, ...examples]
}

/** Where a key `schema` is the name of something else. */
const NAMING = new Set('responses parameters examples requestBodies headers links callbacks content'.split(' '))

function invalidMediaTypes(content: JsonObject, path: readonly string[]): Problem[] {
  return Object.keys(content)
    .filter((key) => !isMediaType(key))
    .map((key) => ({
      path: [...path, key],
      message: `${JSON.stringify(key)} is not a media type; use one like application/json`,
      consequence: 'it is ignored',
    }))
}

/** The schemas of a document that were checked, and the keywords in them that are ignored. */
class Schemas {
  readonly problems: Problem[] = []
  readonly paths: (readonly string[])[] = []
  readonly #document: JsonObject
  readonly #pointers = new Set<string>()
  readonly #reported = new Set<string>()

  constructor(document: JsonObject) {
    this.#document = document
  }

  /** Checks a schema and those that it refers to. */
  check(path: readonly string[]): void {
    const pointer = toPointer(path)
    const schema = valueIn(this.#document, path)
    if (this.#pointers.has(pointer) || schema === undefined) return
    this.#pointers.add(pointer)
    this.paths.push(path)
    toUsableSchema(schema, {
      document: this.#document,
      direction: 'request',
      onFault: (inside, message) => this.#report([...path, ...inside], message),
    })
    visitObjects<undefined>(
      schema,
      ({ $ref }) => {
        const target = typeof $ref === 'string' ? pointerOf($ref) : undefined
        if (target !== undefined) this.check(toPath(target))
        return undefined
      },
      undefined,
    )
  }

  /** Whether a path is in a schema that was checked. */
  includes(path: readonly string[]): boolean {
    return path.some((_, i) => this.#pointers.has(toPointer(path.slice(0, i + 1))))
  }

  #report(path: readonly string[], message: string): void {
    const pointer = toPointer(path)
    if (!this.#reported.has(pointer)) this.problems.push({ path, message, consequence: IGNORED })
    this.#reported.add(pointer)
  }
}

// The mock sends an example as it is.
function invalidExamples(document: JsonObject, { paths }: Schemas): Problem[] {
  const validators = createValidators(document, 'response')
  return paths.flatMap((path) => {
    const validator = validators.get(toPointer(path))
    return examplesOf(document, path).flatMap(({ value, at }): Problem[] => {
      if (validator === undefined || validator(value)) return []
      const [first] = toViolations(validator.errors ?? [], value, 'example')
      const message = `the example does not match its schema: ${first?.message ?? 'it is not valid'}`.replace(/\.$/, '')
      return [{ path: at, message, consequence: 'it is sent as it is' }]
    })
  })
}

interface Example {
  readonly value: JsonValue
  readonly at: readonly string[]
}

function examplesOf(document: JsonObject, path: readonly string[]): Example[] {
  const schema = valueIn(document, path)
  const own: Example[] = []
  if (isObject(schema) && schema['example'] !== undefined)
    own.push({ value: schema['example'], at: [...path, 'example'] })
  if (isObject(schema) && !isVersion30(document) && Array.isArray(schema['examples']))
    for (const [i, value] of schema['examples'].entries()) own.push({ value, at: [...path, 'examples', String(i)] })
  const around = path.slice(0, -1)
  const holder = path.at(-1) === 'schema' ? valueIn(document, around) : undefined
  if (!isObject(holder)) return own
  if (holder['example'] !== undefined) own.push({ value: holder['example'], at: [...around, 'example'] })
  for (const [name, example] of Object.entries(isObject(holder['examples']) ? holder['examples'] : {}))
    if (isObject(example) && example['value'] !== undefined)
      own.push({ value: example['value'], at: [...around, 'examples', name, 'value'] })
  return own
}
