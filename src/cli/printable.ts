import { redactKeys } from '../journal/credentials.ts'

// What a terminal does not show as a character: control characters, line separators, marks of the writing direction,
// and characters without a width. Emoji and some languages need the joiners U+200C and U+200D.
const INVISIBLE = String.raw`\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff`
const UNPRINTABLE = new RegExp(String.raw`[\u0000-\u001f${INVISIBLE}]`, 'g')
const NOT_ESCAPED = new RegExp(`[${INVISIBLE}]`, 'g') // by JSON.stringify

/** A text on one line that cannot control a terminal: each such character is replaced by a question mark. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?')
}

/** `printable` for a text with several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

/** JSON with the same value that cannot control a terminal. */
export function toPrintableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    NOT_ESCAPED,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const MAX_ERROR = 8000 // characters; the longest list of problems has fewer
// A credential in an argument that is at the wrong place. A path has lost one of the slashes of a URL.
const USER_INFO = /[^\s'"/@:]+:[^\s'"]*@/g

/**
 * An error for the terminal, without control characters, passwords and keys. Only a list of problems has several lines.
 */
export function toErrorText(error: unknown, message = error instanceof Error ? error.message : String(error)): string {
  const short = message.length <= MAX_ERROR ? message : `${message.slice(0, MAX_ERROR).toWellFormed()}…`
  const text = redactKeys(short.replaceAll(USER_INFO, '[redacted]@'))
  return error instanceof Error && error.name === 'FileError' ? printableLines(text) : printable(text)
}
