const PART = /\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/g
// What may follow a backslash in a regular expression with the flag `u`.
const ESCAPABLE = /^\\[\^$\\.*+?()[\]{}|/bBdDwWsSfnrtv0-9ucxpPk]$/

/**
 * A `pattern` of a contract in the syntax of regular expressions with the flag `u`. Many authors test theirs without
 * it: then `\-` and `\@` are characters, and a brace may stand alone. Throws a SyntaxError if it is not valid either.
 */
export function toUnicodePattern(source: string): string {
  if (isValid(source, 'u')) return source
  const changed = (source.match(PART) ?? []).map(toUnicode).join('')
  return isValid(source, '') && isValid(changed, 'u') ? changed : new RegExp(source, 'u').source
}

function isValid(source: string, flags: string): boolean {
  try {
    return new RegExp(source, flags).source !== ''
  } catch {
    return false
  }
}

function toUnicode(part: string): string {
  if (part.startsWith('\\')) return ESCAPABLE.test(part) ? part : part.slice(1)
  if (part.startsWith('[') && part.length > 1) return toUnicodeClass(part)
  return part === '{' || part === '}' || part === ']' ? `\\${part}` : part
}

// In a class, a hyphen beside \w is a character.
function toUnicodeClass(part: string): string {
  return part
    .replaceAll(/\\[\s\S]/g, (escape) =>
      escape === String.raw`\-` || ESCAPABLE.test(escape) ? escape : escape.slice(1),
    )
    .replaceAll(/(\\[dDwWsS])-(?=[^\]])/g, String.raw`$1\-`)
    .replaceAll(/(?<!\\)-(?=\\[dDwWsS])/g, String.raw`\-`)
}
