// @ts-check
// A contract whose schemas are valid and useful, and which took a naive validator seconds for one request.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

const LISTED = Array.from({ length: 20_000 }, (_, i) => `value-${i}`)
const text = (/** @type {object} */ rules) => ({ type: 'array', items: { type: 'string', ...rules } })

/** The schemas of the bodies, by the paths to which they are sent. */
const BODIES = {
  '/any-of': {
    anyOf: [
      { type: 'array', items: { type: 'object', required: ['a'] } },
      { type: 'array', items: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } } },
    ],
  },
  '/unique-objects': { type: 'array', items: { type: 'object' }, uniqueItems: true },
  '/unique-texts': { ...text({}), uniqueItems: true },
  '/enum': text({ enum: LISTED }),
  '/pattern': text({ pattern: '^(a+)+$' }),
  '/pattern-search': text({ pattern: '[a-z]+$' }),
  '/byte': text({ format: 'byte' }),
  '/uri': text({ format: 'uri' }),
  '/url': text({ format: 'url' }),
  '/tree': { $ref: '#/components/schemas/Tree' },
}

/** The schemas of the responses, by the paths that return samples of them. */
const RESPONSES = {
  '/many-items': { type: 'array', minItems: 10_000_000, items: { type: 'string' } },
  '/long-text': { type: 'string', minLength: 2_000_000_000 },
  '/large-example': { type: 'array', minItems: 10_000, items: { type: 'string', example: 'x'.repeat(100_000) } },
  '/fan-out': { $ref: '#/components/schemas/Fan0' },
}

// Each has twelve properties with the next one, so that a sample of the first has 20,000 values.
const FANS = Object.fromEntries(
  Array.from({ length: 4 }, (_, i) => {
    const next = i === 3 ? { type: 'string' } : { $ref: `#/components/schemas/Fan${i + 1}` }
    const properties = Object.fromEntries(Array.from({ length: 12 }, (__, key) => [`p${key}`, next]))
    return [`Fan${i}`, { type: 'object', properties }]
  }),
)

const child = { $ref: '#/components/schemas/Tree' }
const Tree = {
  anyOf: [
    { type: 'object', properties: { a: child } },
    { type: 'object', properties: { a: child, b: { type: 'integer' } } },
  ],
}

/**
 * Writes the packaged contract with these operations in addition, and returns the path of the file. The file is deleted
 * when the process ends.
 */
export function writeHonestContract() {
  const { paths, components, ...rest } = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8'))
  const response = { description: 'One', content: { 'application/json': { example: {} } } }
  for (const [path, schema] of Object.entries(BODIES))
    paths[path] = {
      post: { requestBody: { content: { 'application/json': { schema } } }, responses: { 200: response } },
    }
  for (const [path, schema] of Object.entries(RESPONSES)) {
    const sampled = { ...response, content: { 'application/json': { schema } } }
    paths[path] = { get: { responses: { 200: sampled } } }
  }
  const schemas = { ...components.schemas, ...FANS, Tree }
  const folder = mkdtempSync(join(tmpdir(), 'honest-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'contract.json')
  writeFileSync(file, JSON.stringify({ ...rest, paths, components: { ...components, schemas } }))
  return file
}
