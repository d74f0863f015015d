import { MAX_LABEL } from './recipe.ts'

/** The first characters of a text, which are whole code points. */
export function firstOf(text: string, count: number): string {
  return text.length <= count ? text : Array.from(text).slice(0, count).join('')
}

// Words of ASCII with one space between them: nothing to tidy up.
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

// As texts: to read a class of Unicode's takes half a millisecond, also where the expression is never used.
const BREAKS = String.raw`[\p{Cc}\p{Zl}\p{Zp}\s]+`
const LETTER = String.raw`^[\p{L}\p{N}]$`

/** A prompt as it is written below its picture: one line of at most 60 characters; a longer one is cut at the end of a word, if one is near, and says so. */
export function labelOf(prompt: string): string {
  if (prompt.length <= MAX_LABEL && PLAIN.test(prompt)) return prompt
  const line = prompt.slice(0, 1000).toWellFormed().replaceAll(new RegExp(BREAKS, 'gu'), ' ').trim()
  const label = firstOf(line, MAX_LABEL)
  if (label === line && prompt.length <= 1000) return label
  const cut = firstOf(line, MAX_LABEL - 1)
  const isInWord = new RegExp(LETTER, 'u').test(line.charAt(cut.length)) && line.charCodeAt(cut.length) < 0x2e80
  return `${isInWord ? cut.replace(/(?<=^.{30,}) [^ ]*$/u, '') : cut.trimEnd()}…`
}
