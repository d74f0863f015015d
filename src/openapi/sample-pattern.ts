import { toTokens } from './linear-pattern.ts'

/** A part of a pattern that may be repeated: alternatives, each a sequence of parts, or one character. */
interface Part {
  readonly alternatives: readonly (readonly Part[])[]
  /** A token that matches one character. */
  readonly character: string | undefined
  readonly min: number
  readonly max: number
}

/** Most repetitions of one part, so that a short pattern does not create a long text. */
const MAX_REPETITIONS = 10_000
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
// The first of them that matches is used.
const CHARACTERS = Array.from(`${LETTERS}0123456789${LETTERS.toUpperCase()} -_./:@+#,;=&%!?()[]{}<>|~^$*'"\\\`\n\té猫`)

/**
 * A text for a pattern, of at least `minLength` characters if the pattern has a part that can be repeated. `index`
 * selects another text. Assertions are ignored: test the text. Undefined if the pattern is not valid.
 */
export function samplePattern(pattern: string, minLength = 0, index = 0): string | undefined {
  try {
    const parts = readAlternatives(toTokens(pattern), { at: 0 })
    const shortest = write(parts, { index, extra: 0 })
    const missing = minLength - Array.from(shortest).length
    return missing <= 0 ? shortest : write(parts, { index, extra: Math.min(missing, MAX_REPETITIONS) })
  } catch {
    return undefined // a backreference is not a token by itself
  }
}

interface Cursor {
  at: number
}

// Reads up to the end of a group, or of the pattern.
function readAlternatives(tokens: readonly string[], cursor: Cursor): Part[][] {
  const alternatives: Part[][] = [[]]
  for (; cursor.at < tokens.length && tokens[cursor.at] !== ')'; cursor.at++) {
    const token = tokens[cursor.at] ?? ''
    if (token === '|') alternatives.push([])
    else if (token === '^' || token === '$' || /^\\[bB]$/.test(token)) continue
    else alternatives.at(-1)?.push(...readPart(tokens, cursor))
  }
  return alternatives
}

// Assertions around a position are left out.
function readPart(tokens: readonly string[], cursor: Cursor): Part[] {
  const token = tokens[cursor.at] ?? ''
  const isGroup = token.startsWith('(')
  if (isGroup) cursor.at++
  const alternatives = isGroup ? readAlternatives(tokens, cursor) : []
  const isAssertion = /^\(\?<?[=!]/.test(token)
  const repetition = tokens[cursor.at + 1] ?? ''
  const isRepeated = /^(?:[*+?]|\{\d)/.test(repetition)
  if (isRepeated) cursor.at++
  const [min, max] = isRepeated ? boundsOf(repetition) : [1, 1]
  return isAssertion ? [] : [{ alternatives, character: isGroup ? undefined : token, min, max }]
}

function boundsOf(repetition: string): [min: number, max: number] {
  if (repetition.startsWith('*')) return [0, Infinity]
  if (repetition.startsWith('+')) return [1, Infinity]
  if (repetition.startsWith('?')) return [0, 1]
  const [, min = '0', comma, max = ''] = /^\{(\d+)(,?)(\d*)/.exec(repetition) ?? []
  return [Number(min), comma === '' ? Number(min) : max === '' ? Infinity : Number(max)]
}

interface Writing {
  /** Selects the characters. */
  readonly index: number
  /** Additional repetitions of the first part that can have them. */
  readonly extra: number
}

function write(alternatives: readonly (readonly Part[])[], { index, extra }: Writing): string {
  const chosen = alternatives[index % Math.max(alternatives.length, 1)] ?? []
  let left = extra
  let text = ''
  for (const part of chosen) {
    const more = Math.max(0, Math.min(left, part.max - part.min))
    left -= more
    const count = Math.min(part.min + more, MAX_REPETITIONS)
    for (let i = 0; i < count; i++)
      text +=
        part.character === undefined
          ? write(part.alternatives, { index, extra: 0 })
          : toCharacter(part.character, index)
  }
  return text
}

function toCharacter(token: string, index: number): string {
  const test = new RegExp(`^${token === '.' ? '[^\\n]' : token}$`, 'u')
  const fitting = CHARACTERS.filter((character) => test.test(character))
  return fitting[index % Math.max(fitting.length, 1)] ?? literalOf(token)
}

// A character that is not in the list, such as an escape of another script.
function literalOf(token: string): string {
  const test = new RegExp(`^${token}$`, 'u')
  for (let code = 0xa0; code < 0x3_0000; code++) {
    if (code === 0xd8_00) code = 0xe0_00
    const character = String.fromCodePoint(code)
    if (test.test(character)) return character
  }
  return ''
}
