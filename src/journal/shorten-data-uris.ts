import { hash } from 'node:crypto'
import { digestIn } from '../chat/reference.ts'

const HEAD = /data:([\w.+-]{1,100}\/[\w.+-]{1,100})?(?:;[\w.+-]{1,60}=[^;,\s"'\\]{0,100}){0,4}(;base64)?,/i
// Base64 may continue after a line break or with an escaped slash.
const GOES_ON = /(?:\r?\n[ \t]*|(?:\\r)?\\n)(?=[\w+/-]{16}|[\w+/-]{1,75}={1,2})|\\\//y

/**
 * A text with each data URI as its type, digest and size: `data:image/png;base64,[sha256 0011223344556677, 68 bytes]`. What
 * follows after `enough` characters may be left out.
 */
export function withoutDataUris(text: string, enough: number): string {
  if (text.length <= enough && !/data:/i.test(text)) return text
  let kept = ''
  let at = 0
  while (kept.length < enough) {
    const window = text.slice(at, at + enough - kept.length)
    const match = HEAD.exec(window)
    if (match === null) return kept + window
    const [whole, type, base64] = match
    const known = at + match.index === 0 ? digestIn(text) : undefined
    if (known !== undefined) return kept + whole + toSummary(known)
    const start = at + match.index + whole.length
    kept += window.slice(0, match.index + whole.length)
    at = start
    if (type === undefined && base64 === undefined) continue // prose, as `data:, the plural of datum`
    at = base64 === undefined ? firstAt(text, /[\s"'<>)\\]/g, start) : endOfBase64(text, start)
    kept += digestOf(text.slice(start, at), base64 !== undefined)
  }
  return kept
}

function endOfBase64(text: string, start: number): number {
  let end = firstAt(text, /[^\w+/=%-]/g, start)
  for (const goesOn = new RegExp(GOES_ON); ; end = firstAt(text, /[^\w+/=%-]/g, goesOn.lastIndex)) {
    goesOn.lastIndex = end
    if (!goesOn.test(text)) return end
  }
}

// The index of the first match, else the end. An expression that matches megabytes at once would overflow the stack.
function firstAt(text: string, sought: RegExp, from: number): number {
  sought.lastIndex = from
  return sought.exec(text)?.index ?? text.length
}

function digestOf(payload: string, isBase64: boolean): string {
  const plain = payload.includes('%') ? decode(payload) : payload
  const bytes = isBase64 ? Buffer.from(plain.replaceAll(/\\[rn]/g, ''), 'base64') : Buffer.from(plain)
  return toSummary({ digest: hash('sha256', bytes, 'hex').slice(0, 16), length: bytes.length })
}

function toSummary({ digest, length }: { readonly digest: string; readonly length: number }): string {
  return `[sha256 ${digest}, ${length} bytes]`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
