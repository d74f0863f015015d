import { splitLeadingUrls } from '../chat/reference.ts'
import { type Placeholder, readPlaceholder } from '../images/read-placeholder.ts'
import { FORMATS, labelOf } from '../images/recipe.ts'

/**
 * The expected values of a picture. Those that are left out are not compared.
 * @example
 * expect(link).toBePlaceholderFor({ model: 'flux', prompt: 'a fox', size: '1024x1024', references: 1 })
 */
export interface Expected {
  readonly model?: string
  /** The prompt as it was sent. A picture holds at most its first 60 characters, without URLs at its beginning. */
  readonly prompt?: string
  /** `1024x1536` */
  readonly size?: string
  readonly format?: Placeholder['format']
  /** Its position in the answer, from 1. */
  readonly index?: number
  /** Number of pictures in the answer. */
  readonly count?: number
  /** Number of reference pictures that it was made from. */
  readonly references?: number
}

/**
 * The result of a matcher, for vitest, Jest and Playwright.
 * @example
 * const { pass, message } = toBePlaceholderFor(link, { model: 'flux' })
 * assert.ok(pass, message()) // where there is no expect
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

const text: Rule = { allowed: 'a text', fits: (value) => typeof value === 'string' }
const count: Rule = { allowed: 'a whole number', fits: (value) => Number.isInteger(value) }
const RULES: Readonly<Record<Fact, Rule>> = {
  model: text,
  prompt: text,
  size: { allowed: 'a text like 1024x1536', fits: (value) => typeof value === 'string' && /^\d+x\d+$/.test(value) },
  format: { allowed: FORMATS.join(', '), fits: (value) => FORMATS.some((format) => format === value) },
  index: count,
  count,
  references: count,
}

function valuesOf({ label, references, ...others }: Placeholder): Readonly<Record<Fact, string | number>> {
  return { ...others, prompt: label, references: references.length }
}

/**
 * Whether a picture (URL, bytes or data URI) is the one that the mock draws for the expected values. For `expect.extend` of
 * vitest, Jest or Playwright.
 * @example
 * expect(imageUrl).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export function toBePlaceholderFor(picture: string | URL | ArrayBuffer | Uint8Array, expected: Expected): Matched {
  const facts = factsOf(expected)
  if (picture === undefined || picture === null)
    throw new TypeError(
      `toBePlaceholderFor: ${String(picture)} is no picture; give its URL, its data URI, or its bytes`,
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
        return `expected a picture of the mock for\n${wanted}\nand this is none: ${nameOf(picture)}`
      if (pass) return `expected another picture than the mock's for\n${wanted}`
      return `expected the picture of the mock for\n${wanted}\nand it is one for\n${listOf(wrong, (fact) => found[fact])}`
    },
  }
}

function factsOf(expected: Expected): Fact[] {
  const known = Object.keys(RULES).join(', ')
  if (typeof expected !== 'object' || expected === null)
    throw new TypeError(`toBePlaceholderFor: say what is expected as an object; there are ${known}`)
  return Object.entries(expected).flatMap(([name, value]) => {
    if (!isFact(name)) throw new TypeError(`toBePlaceholderFor: '${name}' is not known; there are ${known}`)
    if (value !== undefined && !RULES[name].fits(value))
      throw new TypeError(
        `toBePlaceholderFor: '${String(value)}' is no ${name} of a picture; use ${RULES[name].allowed}`,
      )
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
  if (typeof picture === 'string' || picture instanceof URL) return String(picture).slice(0, 200) || 'an empty text'
  return 'bytes without a name of the mock in them'
}
