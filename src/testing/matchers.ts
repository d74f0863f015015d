import { labelOf } from '../image/label.ts'
import type { Placeholder } from '../image/placeholder.ts'
import { readPlaceholder } from '../image/placeholder.ts'

/**
 * What a picture is expected to be; what is not said fits all.
 * @example
 * expect(link).toBePlaceholderFor({ model: 'flux', prompt: 'a fox', size: '1024x1024', references: 1 })
 */
export interface Expected {
  readonly model?: string
  /** As it was asked for; of a long one the picture knows the first 60 characters. */
  readonly prompt?: string
  /** `1024x1536` */
  readonly size?: string
  readonly format?: Placeholder['format']
  /** Which picture of its answer it is, from 1. */
  readonly index?: number
  /** Pictures of its answer. */
  readonly count?: number
  /** Reference pictures that it was made from. */
  readonly references?: number
}

/**
 * What a matcher says, as vitest, Jest and Playwright read it.
 * @example
 * const { pass, message } = toBePlaceholderFor(link, { model: 'flux' })
 * assert.ok(pass, message()) // where there is no expect
 */
export interface Matched {
  readonly pass: boolean
  readonly message: () => string
}

type Fact = keyof Expected

const FACTS: Readonly<Record<Fact, (found: Placeholder) => string | number>> = {
  model: ({ model }) => model,
  prompt: ({ label }) => label,
  size: ({ size }) => size,
  format: ({ format }) => format,
  index: ({ index }) => index,
  count: ({ count }) => count,
  references: ({ references }) => references.length,
}

/**
 * Whether a picture, by its URL, its bytes or its data URI, is the one that the mock draws for what is expected. For
 * `expect.extend` of vitest, Jest or Playwright.
 * @example
 * expect(imageUrl).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export function toBePlaceholderFor(picture: string | URL | ArrayBuffer | Uint8Array, expected: Expected): Matched {
  const facts = factsOf(expected)
  const found = readPlaceholder(picture)
  const wrong = found === undefined ? [] : facts.filter((fact) => FACTS[fact](found) !== wantedOf(fact, expected))
  const wanted = listOf(facts, (fact) => wantedOf(fact, expected))
  const pass = found !== undefined && wrong.length === 0
  return {
    pass,
    message: () => {
      if (found === undefined) return `expected a picture of the mock for\n${wanted}\nand this is none: ${nameOf(picture)}`
      if (pass) return `expected another picture than the mock's for\n${wanted}`
      return `expected the picture of the mock for\n${wanted}\nand it is one for\n${listOf(wrong, (fact) => FACTS[fact](found))}`
    },
  }
}

function factsOf(expected: Expected): Fact[] {
  const given = Object.keys(expected)
  const facts = given.filter((name): name is Fact => isFact(name) && expected[name] !== undefined)
  const unknown = given.find((name) => !isFact(name))
  if (unknown !== undefined) throw new TypeError(`toBePlaceholderFor: '${unknown}' is not known; there are ${Object.keys(FACTS).join(', ')}`)
  return facts
}

function isFact(name: string): name is Fact {
  return Object.hasOwn(FACTS, name)
}

function wantedOf(fact: Fact, expected: Expected): string | number | undefined {
  return fact === 'prompt' && expected.prompt !== undefined ? labelOf(expected.prompt) : expected[fact]
}

function listOf(facts: readonly Fact[], valueOf: (fact: Fact) => unknown): string {
  return facts.map((fact) => `  ${fact.padEnd(11)}${String(valueOf(fact))}`).join('\n')
}

function nameOf(picture: unknown): string {
  if (typeof picture === 'string' || picture instanceof URL) return String(picture).slice(0, 200)
  return 'bytes without a name of the mock in them'
}
