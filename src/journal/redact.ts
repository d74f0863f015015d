import { hash } from 'node:crypto'
import { pictureIn, unescaped } from '../chat/reference.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { isAmount, REDACTED, redactCut, redactText, sensitivityOf } from './credentials.ts'

/** Limits of one Exchange: characters of all texts together, characters of one text, and JSON members and items. */
export type Limits = Readonly<Record<'characters' | 'longest' | 'values', number>>

const MARGIN = 4096 // characters searched after the cut, because a credential may lie across it
const MAX_DEPTH = 70
const MAX_NAME = 200

/** Redacts and cuts the parts of one Exchange, and shortens its data URIs. The limits hold for all parts together. */
export class Redactor {
  /** Whether a text of the request contains a credential or was not searched. */
  hasFound = false
  private readonly longest: number
  private left: number
  private room: number

  constructor({ characters, longest, values }: Limits) {
    this.longest = longest
    this.left = characters
    this.room = values
  }

  /** Redacts a text of the request. A cut text ends with its original length. */
  text(text: string, longest = this.longest): string {
    if (this.left <= 0) {
      this.hasFound = true
      return `… (${text.length} characters)`
    }
    const open = withoutDataUris(text, longest + MARGIN)
    const redacted = redactText(open)
    // A credential at the end of the searched part is cut. Redacting others can move it to the part that is shown.
    const kept = text.length > longest + MARGIN ? redactCut(redacted) : redacted
    if (kept !== open) this.hasFound = true
    return this.cut(kept, text.length, longest)
  }

  /** Redacts a text that the response repeats. A data URI in it counts as a credential. */
  repeated(text: string, longest: number): string {
    const kept = this.text(text, longest)
    if (withoutDataUris(text, longest + MARGIN) !== text) this.hasFound = true
    return kept
  }

  /** Cuts a text that is known to contain no credential. */
  plain(text: string, longest = this.longest): string {
    return this.cut(text, text.length, longest)
  }

  /** Redacts a text of a response that a scenario may have changed. */
  answer(text: string, longest = this.longest): string {
    return this.cut(redactText(withoutDataUris(text, longest + MARGIN)), text.length, longest)
  }

  /** Redacts a JSON value of the request or the response. */
  value(value: JsonValue, from: 'request' | 'answer'): JsonValue {
    const write = (text: string, longest?: number): string =>
      from === 'request' ? this.text(text, longest) : this.answer(text, longest)
    return this.walk(value, { depth: 0, isCount: false, write })
  }

  private cut(text: string, size: number, longest: number): string {
    const fits = Math.max(0, Math.min(longest, this.left))
    this.left -= Math.min(fits, text.length)
    return text.length <= fits ? text : `${text.slice(0, fits).toWellFormed()}… (${size} characters)`
  }

  private walk(value: JsonValue, at: WalkState): JsonValue {
    if (typeof value === 'string') return at.isCount && value !== '' && !isAmount(value) ? REDACTED : at.write(value)
    if (typeof value !== 'object' || value === null) return value
    if (at.depth > MAX_DEPTH) return '…'
    const inner = { ...at, depth: at.depth + 1 }
    return isObject(value) ? this.walkObject(value, inner) : this.walkList(value, inner)
  }

  private walkList(list: readonly JsonValue[], at: WalkState): JsonValue {
    const kept: JsonValue[] = []
    for (const item of list) {
      if (this.room-- <= 0) return [...kept, `… (${list.length} items)`]
      kept.push(this.walk(item, at))
    }
    return kept
  }

  private walkObject(object: JsonObject, at: WalkState): JsonValue {
    const kept: [string, JsonValue][] = []
    for (const [name, value] of Object.entries(object)) {
      if (this.room-- <= 0) return Object.fromEntries([...kept, ['…', `${Object.keys(object).length} fields`]])
      kept.push([at.write(name, MAX_NAME), this.member(name, value, at)])
    }
    return Object.fromEntries(kept)
  }

  private member(name: string, value: JsonValue, at: WalkState): JsonValue {
    const sensitivity = sensitivityOf(name)
    if (sensitivity === 'open') return this.walk(value, at)
    if (sensitivity === 'count') return this.walk(value, { ...at, isCount: true })
    return value === null || value === '' || typeof value === 'boolean' ? value : REDACTED
  }
}

interface WalkState {
  readonly depth: number
  /** Whether the name of an enclosing member is a `count`. */
  readonly isCount: boolean
  readonly write: (text: string, longest?: number) => string
}

const HEAD =
  /data:([\w.+-]{1,100}\/[\w.+-]{1,100})?(?:;[\w.+-]{1,60}=[^;,\r\n"'\\]{0,100}){0,4}(;[ \t]*base64[ \t]*)?,/i
// Base64 may continue after a line break or with an escaped slash.
const GOES_ON = /(?:\r?\n[ \t]*|(?:\\r)?\\n)(?=[\w+/-]{16}|[\w+/-]{1,75}={1,2})|\\\//y

// Replaces the payload of each data URI: `data:image/png;base64,[sha256 0011223344556677, 68 bytes]`. May omit the
// text after `enough` characters.
function withoutDataUris(text: string, enough: number): string {
  if (text.length <= enough && !/data:/i.test(text)) return text
  const picture = /^data:/i.test(text) ? pictureIn(text) : undefined
  if (picture !== undefined) return text.slice(0, text.indexOf(',') + 1) + toSummary(picture)
  let kept = ''
  let at = 0
  while (kept.length < enough) {
    const window = text.slice(at, at + enough - kept.length)
    const match = HEAD.exec(window)
    if (match === null) return kept + window
    const [whole, type, base64] = match
    const isLink = window[match.index - 1] === '('
    const start = at + match.index + whole.length
    kept += window.slice(0, match.index + whole.length)
    at = start
    if (type === undefined && base64 === undefined) continue // prose, such as `data:, the plural of datum`
    at = base64 === undefined ? firstAt(text, /[\s"'<>)\\]/g, start) : endOfBase64(text, start, isLink)
    kept += digestOf(text.slice(start, at), base64 !== undefined)
  }
  return kept
}

// In a link in Markdown, base64 may contain any white space.
function endOfBase64(text: string, start: number, isLink: boolean): number {
  const other = isLink ? /[^\w+/=%\s-]/g : /[^\w+/=%-]/g
  let end = firstAt(text, other, start)
  for (const goesOn = new RegExp(GOES_ON); ; end = firstAt(text, other, goesOn.lastIndex)) {
    goesOn.lastIndex = end
    if (!goesOn.test(text)) return end
  }
}

// The index of the first match, otherwise the end. One expression that matches megabytes would overflow the stack.
function firstAt(text: string, sought: RegExp, from: number): number {
  sought.lastIndex = from
  return sought.exec(text)?.index ?? text.length
}

function digestOf(payload: string, isBase64: boolean): string {
  const plain = unescaped(payload)
  const bytes = isBase64 ? Buffer.from(plain.replaceAll(/\\[rn]/g, ''), 'base64') : Buffer.from(plain, 'latin1')
  return toSummary({ digest: hash('sha256', bytes, 'hex').slice(0, 16), length: bytes.length })
}

function toSummary({ digest, length }: { readonly digest: string; readonly length: number }): string {
  return `[sha256 ${digest}, ${length} bytes]`
}
