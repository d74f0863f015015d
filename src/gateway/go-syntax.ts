const END = 'unexpected end of JSON input'
/** What Go reads after the end, to end a literal or a number. */
const AT_END = ' '

/** What may follow: a value, a key, or one of the separators. */
type Expected = 'value' | 'item' | 'key' | 'member' | 'colon' | 'afterMember' | 'afterItem' | 'end'

const WORDS: Readonly<Record<Exclude<Expected, 'item' | 'member'>, string>> = {
  value: 'looking for beginning of value',
  key: 'looking for beginning of object key string',
  colon: 'after object key',
  afterMember: 'after object key:value pair',
  afterItem: 'after array element',
  end: 'after top-level value',
}
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }
const CLOSERS: Readonly<Partial<Record<Expected, string>>> = {
  item: ']',
  afterItem: ']',
  member: '}',
  afterMember: '}',
}

/** Where a scalar ends, or why it is not valid. */
type Scanned = number | string

/**
 * Why Go cannot read a text as JSON: the message of encoding/json about the first wrong byte. Undefined if the text is
 * valid. Takes linear time and does not recurse.
 */
export function syntaxFault(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1') // Go reads bytes
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  for (let at = skipSpaces(text, 0); ; at = skipSpaces(text, at)) {
    const character = text[at]
    if (character === undefined) return expected === 'end' ? undefined : END
    if (character === CLOSERS[expected]) {
      open.pop()
      expected = afterValue(open)
      at++
    } else if (expected === 'key' || expected === 'member') {
      if (character !== '"') return unexpected(character, WORDS.key)
      const end = scanString(text, at)
      if (typeof end === 'string') return end
      expected = 'colon'
      at = end
    } else if (expected === 'value' || expected === 'item') {
      if (character === '{' || character === '[') {
        open.push(character)
        expected = character === '{' ? 'member' : 'item'
        at++
      } else {
        const end = scanScalar(text, at)
        if (typeof end === 'string') return end
        expected = afterValue(open)
        at = end
      }
    } else if (character === SEPARATORS[expected]) {
      expected = expected === 'afterMember' ? 'key' : 'value'
      at++
    } else return unexpected(character, WORDS[expected])
  }
}

const SEPARATORS: Readonly<Partial<Record<Expected, string>>> = { colon: ':', afterMember: ',', afterItem: ',' }

function afterValue(open: readonly string[]): Expected {
  const last = open.at(-1)
  return last === undefined ? 'end' : last === '{' ? 'afterMember' : 'afterItem'
}

function skipSpaces(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++
  return at
}

function scanScalar(text: string, at: number): Scanned {
  const first = text[at] ?? ''
  if (first === '"') return scanString(text, at)
  const literal = LITERALS[first]
  if (literal !== undefined) return scanLiteral(text, at, literal)
  return /[-\d]/.test(first) ? scanNumber(text, at) : unexpected(first, WORDS.value)
}

function scanLiteral(text: string, at: number, literal: string): Scanned {
  for (let i = 1; i < literal.length; i++) {
    const character = text[at + i] ?? AT_END
    if (character !== literal[i]) return unexpected(character, `in literal ${literal} (expecting '${literal[i]}')`)
  }
  return at + literal.length
}

// A string without escapes is searched at once, which is fast for megabytes of base64.
const PLAIN = /[^"\\\p{Cc}]*/uy

function scanString(text: string, at: number): Scanned {
  for (let i = at + 1; ;) {
    PLAIN.lastIndex = i
    i += PLAIN.exec(text)?.[0].length ?? 0
    const character = text[i]
    if (character === undefined) return END
    if (character === '"') return i + 1
    if (character >= '\x7f') {
      i++
      continue
    }
    if (character !== '\\') return unexpected(character, 'in string literal')
    const escape = text[i + 1] ?? AT_END
    if (!'"\\/bfnrtu'.includes(escape)) return unexpected(escape, 'in string escape code')
    const digits = escape === 'u' ? 4 : 0
    for (let j = 0; j < digits; j++) {
      const digit = text[i + 2 + j] ?? AT_END
      if (!/[\da-f]/i.test(digit)) return unexpected(digit, String.raw`in \u hexadecimal character escape`)
    }
    i += 2 + digits
  }
}

// The parts of a number that need a digit, with what Go says if there is none.
const DIGITS = /\d+/y
const AFTER: readonly (readonly [start: RegExp, words: string])[] = [
  [/\./y, 'after decimal point in numeric literal'],
  [/e[+-]?/iy, 'in exponent of numeric literal'],
]

function scanNumber(text: string, from: number): Scanned {
  const start = text[from] === '-' ? from + 1 : from
  const whole = text[start] === '0' ? start + 1 : digitsEnd(text, start, 'in numeric literal')
  if (typeof whole === 'string') return whole
  let at = whole
  for (const [part, words] of AFTER) {
    part.lastIndex = at
    const found = part.exec(text)
    if (found === null) continue
    const end = digitsEnd(text, at + found[0].length, words)
    if (typeof end === 'string') return end
    at = end
  }
  return at
}

function digitsEnd(text: string, at: number, words: string): Scanned {
  DIGITS.lastIndex = at
  const found = DIGITS.exec(text)
  if (found !== null) return at + found[0].length
  return unexpected(text[at] ?? AT_END, words)
}

const QUOTED: Readonly<Record<string, string>> = { "'": String.raw`'\''`, '"': `'"'` }

function unexpected(character: string, words: string): string {
  return `invalid character ${QUOTED[character] ?? quoteByte(character)} ${words}`
}

// As Go quotes a byte that it takes for a character.
function quoteByte(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const names: Readonly<Record<number, string>> = {
    7: 'a',
    8: 'b',
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
    92: '\\',
  }
  if (names[code] !== undefined) return `'\\${names[code]}'`
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, '0')}'`
  return code >= 0x80 && code <= 0xa0 ? `'\\u${code.toString(16).padStart(4, '0')}'` : `'${character}'`
}
