import { splitLeadingUrls } from '../chat/reference.ts'
import { type Placeholder, readPlaceholder } from '../images/read-placeholder.ts'
import { FORMATS, labelOf } from '../images/recipe.ts'

/**
 * The expected values of a picture. Only the values that are set are compared.
 * @example
 * expect(link).toBePlaceholderFor({ model: 'flux', prompt: 'a fox', size: '1024x1024', references: 1 })
 */
export interface Expected {
  /** The requested model. */
  readonly model?: string
  /** The prompt that was sent. Compared are its first 160 characters after any URLs at its beginning. */
  readonly prompt?: string
  /** Width and height in pixels, for example `1024x1536`. */
  readonly size?: string
  /** The format of the picture: `png`, `jpg` or `webp`. */
  readonly format?: Placeholder['format']
  /** The position of the picture in its response, starting at 1. */
  readonly index?: number
  /** Number of pictures in the response. */
  readonly count?: number
  /** Number of reference pictures in the request. */
  readonly references?: number
}

/**
 * The result of a matcher, for Vitest, Jest and Playwright.
 * @example
 * const { pass, message } = toBePlaceholderFor(link, { model: 'flux' })
 * assert.ok(pass, message()) // in a test runner without expect
 */
export interface Matched {
  readonly pass: boolean
  readonly message: () => string
}

type Fact = keyof Expected

interface Rule {
  readonly allowed: string
  readonly fits: (value: unknown) => boolean
}

const text: Rule = { allowed: 'a string', fits: (value) => typeof value === 'string' }
const count: Rule = { allowed: 'a whole number', fits: (value) => Number.isInteger(value) }
const RULES: Readonly<Record<Fact, Rule>> = {
  model: text,
  prompt: text,
  size: { allowed: 'a size such as 1024x1536', fits: (value) => typeof value === 'string' && /^\d+x\d+$/.test(value) },
  format: { allowed: FORMATS.join(', '), fits: (value) => FORMATS.some((format) => format === value) },
  index: count,
  count,
  references: count,
}

function valuesOf({ label, references, ...others }: Placeholder): Readonly<Record<Fact, string | number>> {
  return { ...others, prompt: label, references: references.length }
}

/**
 * Checks that a picture (URL, bytes or data URI) is the one that the mock draws for the expected values. Pass it to
 * `expect.extend` of Vitest, Jest or Playwright. Throws a TypeError for a missing picture or an invalid value.
 * @example
 * expect(imageUrl).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export function toBePlaceholderFor(picture: string | URL | ArrayBuffer | Uint8Array, expected: Expected): Matched {
  const facts = factsOf(expected)
  if (picture === undefined || picture === null)
    throw new TypeError(
      `toBePlaceholderFor: ${String(picture)} is not a picture. Pass its URL, its data URI or its bytes.`,
    )
  const placeholder = readPlaceholder(picture)
  const found = placeholder && valuesOf(placeholder)
  const wrong = found === undefined ? [] : facts.filter((fact) => found[fact] !== wantedOf(fact, expected))
  const wanted = listOf(facts, (fact) => wantedOf(fact, expected))
  const pass = found !== undefined && wrong.length === 0
  return {
    pass,
    message: () => {
      if (found === undefined)
        return `expected a picture of the mock with\n${wanted}\nbut this is not a picture of the mock: ${nameOf(picture)}`
      if (pass) return `expected a picture other than the one with\n${wanted}`
      return `expected a picture of the mock with\n${wanted}\nbut got one with\n${listOf(wrong, (fact) => found[fact])}`
    },
  }
}

function factsOf(expected: Expected): Fact[] {
  const known = Object.keys(RULES).join(', ')
  if (typeof expected !== 'object' || expected === null)
    throw new TypeError(`toBePlaceholderFor: the expected values are not an object. Use ${known}.`)
  return Object.entries(expected).flatMap(([name, value]) => {
    if (!isFact(name)) throw new TypeError(`toBePlaceholderFor: unknown value '${name}'. Use ${known}.`)
    if (value !== undefined && !RULES[name].fits(value))
      throw new TypeError(`toBePlaceholderFor: '${String(value)}' is not a valid ${name}. Use ${RULES[name].allowed}.`)
    return value === undefined ? [] : [name]
  })
}

function isFact(name: string): name is Fact {
  return Object.hasOwn(RULES, name)
}

function wantedOf(fact: Fact, expected: Expected): string | number | undefined {
  return fact === 'prompt' && expected.prompt !== undefined
    ? labelOf(splitLeadingUrls(expected.prompt).text)
    : expected[fact]
}

function listOf(facts: readonly Fact[], valueOf: (fact: Fact) => unknown): string {
  return facts.map((fact) => `  ${fact.padEnd(11)}${String(valueOf(fact))}`).join('\n')
}

function nameOf(picture: unknown): string {
  if (typeof picture === 'string' || picture instanceof URL) return String(picture).slice(0, 200) || 'an empty string'
  return 'bytes that the mock did not draw'
}
