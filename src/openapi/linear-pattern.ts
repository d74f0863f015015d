import { RE2JS } from 're2js'
import { toUnicodePattern } from './unicode-pattern.ts'

/** A pattern of a contract. */
export interface Pattern {
  readonly test: (text: string) => boolean
  /** Its source. */
  readonly toString: () => string
}

/** Largest repetitions of a simple pattern: a variable one, which is counted on V8's stack, and a fixed one. */
const MAX_VARIABLE = 100_000
const MAX_FIXED = 100

// One part of a regular expression with the flag `u`, which is known to be valid.
const TOKENS =
  /\\(?:ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|p\{[^}]*\}|k<[^>]*>|[1-9]\d*|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<[^>]*>|[^)]*:)|[*+?]\??|\{\d+,?\d*\}\??|./gisu

/** The parts of a `pattern`: characters, classes, repetitions, and the beginnings and ends of groups. */
export function toTokens(source: string): readonly string[] {
  return toUnicodePattern(source).match(TOKENS) ?? []
}

/**
 * Creates the test of a `pattern`, which takes linear time for each text. Most patterns are simple, and remain regular
 * expressions of JavaScript. RE2 tests all others. Throws an Error that says why a pattern is not supported.
 */
export function toPattern(source: string): Pattern {
  const unicode = toUnicodePattern(source)
  const native = new RegExp(unicode, 'u')
  const tokens = toTokens(unicode)
  let linear: Pattern | undefined
  const toLinear = (): Pattern => (linear ??= toRe2(source, tokens))
  if (!isSimple(tokens)) return toLinear()
  const test = (text: string): boolean => {
    try {
      return native.test(text)
    } catch {
      return toLinear().test(text) // the stack overflows on megabytes of emoji
    }
  }
  return { test, toString: () => source }
}

// Whether a pattern has no groups, alternatives or assertions, and so few repetitions that V8 does not try the same
// characters again.
function isSimple(tokens: readonly string[]): boolean {
  const isAnchored = tokens[0] === '^'
  const inner = tokens.slice(isAnchored ? 1 : 0, tokens.at(-1) === '$' ? -1 : undefined)
  const repetitions = inner.filter(isRepetition)
  const variable = repetitions.filter((token) => !/^\{\d+\}$/.test(token))
  const isBounded = (token: string): boolean =>
    Math.max(0, ...(token.match(/\d+/g) ?? []).map(Number)) <= (variable.includes(token) ? MAX_VARIABLE : MAX_FIXED)
  return (
    inner.every((token) => isRepetition(token) || isCharacter(token)) &&
    repetitions.every(isBounded) &&
    (isAnchored ? variable.length <= 1 : repetitions.length === 0)
  )
}

function isRepetition(token: string): boolean {
  return /^[*+?{]/.test(token)
}

function isLookahead(token: string | undefined): boolean {
  return token === '(?=' || token === '(?!'
}

function isCharacter(token: string): boolean {
  return token.startsWith('\\') ? !/^\\(?:[bBk]|[1-9])/.test(token) : !/^[()|^$]/.test(token)
}

// Each lookahead at the beginning is tested by itself, since RE2 has none.
function toRe2(source: string, tokens: readonly string[]): Pattern {
  const isNotSupported = (what: string): Error =>
    new Error(`the pattern ${JSON.stringify(source)} has ${what}, which cannot be matched in linear time`)
  if (tokens.some((token) => /^\\(?:[1-9]|k)/.test(token))) throw isNotSupported('a backreference')
  const { heads, rest } = splitHeads(tokens)
  if ([...heads.flatMap((head) => head.tokens), ...rest].some(isLookahead))
    throw isNotSupported("a lookahead that does not directly follow a '^' at its beginning")
  const compile = (parts: readonly string[]): RE2JS => {
    try {
      return RE2JS.compile(translate(parts), RE2JS.LOOKBEHINDS)
    } catch (error) {
      throw isNotSupported(`a part (${error instanceof Error ? error.message : String(error)})`)
    }
  }
  const conditions = heads.map((head) => ({ isWanted: head.isWanted, pattern: compile(head.tokens) }))
  const pattern = compile(rest)
  return {
    test: (text) =>
      conditions.every((condition) => condition.pattern.test(text) === condition.isWanted) && pattern.test(text),
    toString: () => source,
  }
}

interface Lookahead {
  readonly isWanted: boolean
  readonly tokens: readonly string[]
}

function splitHeads(tokens: readonly string[]): {
  readonly heads: readonly Lookahead[]
  readonly rest: readonly string[]
} {
  if (tokens[0] !== '^' || hasAlternatives(tokens)) return { heads: [], rest: tokens }
  const heads: Lookahead[] = []
  let start = 1
  while (isLookahead(tokens[start])) {
    const end = endOfGroup(tokens, start)
    heads.push({ isWanted: tokens[start] === '(?=', tokens: ['^', '(?:', ...tokens.slice(start + 1, end), ')'] })
    start = end + 1
  }
  return { heads, rest: ['^', ...tokens.slice(start)] }
}

// Whether a `|` is outside of all groups.
function hasAlternatives(tokens: readonly string[]): boolean {
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === '|') return true
    if (tokens[i]?.startsWith('(')) i = endOfGroup(tokens, i)
  }
  return false
}

function endOfGroup(tokens: readonly string[], start: number): number {
  let depth = 0
  for (let i = start; i < tokens.length; i++) {
    if (tokens[i]?.startsWith('(')) depth++
    else if (tokens[i] === ')') depth--
    if (depth === 0) return i
  }
  return tokens.length
}

// In JavaScript, these have another meaning than in RE2.
const SPACES = String.raw`\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
const NO_SPACES = String.raw`\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
const LINE_END = String.raw`\n\r\x{2028}\x{2029}`

// The same regular expression in the syntax of RE2.
function translate(tokens: readonly string[]): string {
  return tokens
    .map((token) => {
      if (token === '.') return `[^${LINE_END}]`
      if (token === String.raw`\s` || token === String.raw`\S`) return `[${toEscape(token)}]`
      if (token.startsWith('\\')) return toEscape(token)
      if (token.startsWith('[')) return toClass(token)
      return /^\((?:\?<[^=!]|$)/.test(token) ? '(?:' : token // a group that captures needs more time
    })
    .join('')
}

function toClass(token: string): string {
  if (token === '[]') return String.raw`[^\x00-\x{10ffff}]`
  if (token === '[^]') return String.raw`[\x00-\x{10ffff}]`
  const start = token.startsWith('[^') ? '[^' : '['
  const inner = token.slice(start.length, -1).match(TOKENS) ?? []
  const parts = inner.map((part) => {
    if (part === String.raw`\b`) return String.raw`\x08`
    return part.startsWith('\\') ? toEscape(part) : part.replaceAll('[', String.raw`\[`)
  })
  return `${start}${parts.join('')}]`
}

const ESCAPES: Readonly<Record<string, string>> = {
  [String.raw`\s`]: SPACES,
  [String.raw`\S`]: NO_SPACES,
  [String.raw`\0`]: String.raw`\x00`,
}

function toEscape(token: string): string {
  const known = ESCAPES[token]
  if (known !== undefined) return known
  if (/^\\ud.{3}\\ud/i.test(token)) return toCode(JSON.parse(`"${token}"`))
  if (/^\\[ux]/.test(token)) return `\\x{${token.replaceAll(/[\\ux{}]/g, '')}}`
  if (token.startsWith(String.raw`\c`)) return toCode(String.fromCharCode((token.codePointAt(2) ?? 0) % 32))
  return token.replace(/(?<=^\\[pP]\{)(?:Script|sc|Script_Extensions|scx|General_Category|gc)=/, '')
}

function toCode(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
