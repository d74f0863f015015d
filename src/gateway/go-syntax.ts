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

/** How many levels Go reads. */
const MAX_DEPTH = 10_000

/** Where a scalar ends, or why it is not valid. */
type Scanned = number | string

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

/**
 * Why Go cannot read a text as JSON: the message of encoding/json about the first wrong byte. Undefined if the text is
 * valid. Takes linear time, does not recurse, and copies nothing.
 */
export function syntaxFault(bytes: Buffer): string | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  for (let at = skipSpaces(bytes, 0); ; at = skipSpaces(bytes, at)) {
    if (at >= bytes.length) return expected === 'end' ? undefined : END
    const character = characterAt(bytes, at)
    if (character === CLOSERS[expected]) {
      open.pop()
      expected = afterValue(open)
      at++
    } else if (expected === 'key' || expected === 'member') {
      if (character !== '"') return unexpected(character, WORDS.key)
      const end = scanString(bytes, at)
      if (typeof end === 'string') return end
      expected = 'colon'
      at = end
    } else if (expected === 'value' || expected === 'item') {
      if (character === '{' || character === '[') {
        if (open.push(character) > MAX_DEPTH) return unexpected(character, 'exceeded max depth')
        expected = character === '{' ? 'member' : 'item'
        at++
      } else {
        const end = scanScalar(bytes, at)
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

// Go takes a byte for a character.
function characterAt(bytes: Buffer, at: number): string {
  const byte = bytes[at]
  return byte === undefined ? AT_END : String.fromCodePoint(byte)
}

function afterValue(open: readonly string[]): Expected {
  const last = open.at(-1)
  return last === undefined ? 'end' : last === '{' ? 'afterMember' : 'afterItem'
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[at]) at++
  return at
}

function scanScalar(bytes: Buffer, at: number): Scanned {
  const first = characterAt(bytes, at)
  if (first === '"') return scanString(bytes, at)
  const literal = LITERALS[first]
  if (literal !== undefined) return scanLiteral(bytes, at, literal)
  return first === '-' || isDigit(bytes[at]) ? scanNumber(bytes, at) : unexpected(first, WORDS.value)
}

function scanLiteral(bytes: Buffer, at: number, literal: string): Scanned {
  for (let i = 1; i < literal.length; i++) {
    const character = characterAt(bytes, at + i)
    if (character !== literal[i]) return unexpected(character, `in literal ${literal} (expecting '${literal[i]}')`)
  }
  return at + literal.length
}

const ESCAPES = new Set(Buffer.from('"\\/bfnrtu'))
const UNICODE = 0x75

// Compares bytes: regular expressions and strings of one character take seconds for megabytes.
function scanString(bytes: Buffer, at: number): Scanned {
  for (let i = at + 1; ;) {
    const byte = bytes[i++]
    if (byte === undefined) return END
    if (byte === QUOTE) return i
    if (byte < SPACE) return unexpected(String.fromCodePoint(byte), 'in string literal')
    if (byte !== BACKSLASH) continue
    const escape = bytes[i] ?? SPACE
    if (!ESCAPES.has(escape)) return unexpected(characterAt(bytes, i), 'in string escape code')
    const end = i + (escape === UNICODE ? 5 : 1)
    for (i++; i < end; i++)
      if (!isHexDigit(bytes[i]))
        return unexpected(characterAt(bytes, i), String.raw`in \u hexadecimal character escape`)
  }
}

function isHexDigit(byte = SPACE): boolean {
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

function isDigit(byte = SPACE): boolean {
  return byte >= 0x30 && byte <= 0x39
}

// The parts of a number that need a digit, with what Go says if there is none.
const POINT = 'after decimal point in numeric literal'
const EXPONENT = 'in exponent of numeric literal'

function scanNumber(bytes: Buffer, from: number): Scanned {
  const start = characterAt(bytes, from) === '-' ? from + 1 : from
  let at: Scanned = characterAt(bytes, start) === '0' ? start + 1 : digitsEnd(bytes, start, 'in numeric literal')
  if (typeof at === 'number' && characterAt(bytes, at) === '.') at = digitsEnd(bytes, at + 1, POINT)
  if (typeof at !== 'number' || !'eE'.includes(characterAt(bytes, at))) return at
  return digitsEnd(bytes, at + ('+-'.includes(characterAt(bytes, at + 1)) ? 2 : 1), EXPONENT)
}

function digitsEnd(bytes: Buffer, from: number, words: string): Scanned {
  let at = from
  while (isDigit(bytes[at])) at++
  return at > from ? at : unexpected(characterAt(bytes, at), words)
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
