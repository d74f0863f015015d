import { decodeRecipe } from '../images/recipe.ts'
import { copyOf } from '../util/lru.ts'

/** What stands where a credential stood. */
export const REDACTED = '[redacted]'

/**
 * What a name says of its value: `secret` is never kept; `count` (`max_tokens`) is kept as far as it is a number; `open` is
 * kept. The one registry for headers, query parameters and fields of JSON at every depth.
 */
export type Sensitivity = 'secret' | 'count' | 'open'

// Anything that sounds like a credential is one: Authorization, Cookie, X-Api-Key, X-Mock-Control-Token, client_secret, X-Amz-Signature …
const SECRET =
  /key|token|secret|passw|passphrase|pwd|auth|credential|session|cookie|signature|jwt|bearer|csrf|xsrf|assertion|(?:^|[^a-z])(?:sig|sign|sid|pass|otp|pw)(?:$|[^a-z])/
// Names that say by themselves that there is none: whose memory is meant, what a repeated request is known by, what a server asks for.
const OPEN = new Set(['x-mock-session', 'idempotency-key', 'www-authenticate', 'proxy-authenticate'])
// Words that only look like one.
const HARMLESS =
  /author(?!i[sz]|ation)|key(?:word|board|frame|stone|note|point)|monkey|turkey|donkey|hotkey|tokeni[sz]/g
const COUNT = /tokens(?![a-z])|token_(?:count|limit|budget|usage|type)/g

const known = new Map<string, Sensitivity>()

/** What a name says of its value. */
export function sensitivityOf(name: string): Sensitivity {
  const found = known.get(name)
  if (found !== undefined) return found
  const sensitivity = judge(name)
  if (name.length <= 64 && known.size < 1000) known.set(name, sensitivity)
  return sensitivity
}

// No field of anybody's has so long a name; nobody is to search it.
const MAX_NAME = 200

function judge(name: string): Sensitivity {
  if (name.length > MAX_NAME) return 'secret'
  const lower = name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
  if (OPEN.has(lower)) return 'open'
  const words = lower.replaceAll(HARMLESS, ' ')
  if (!SECRET.test(words)) return 'open'
  return SECRET.test(words.replaceAll(COUNT, ' ')) ? 'secret' : 'count'
}

/** A named value that is text, as it is kept. */
export function redactNamed(name: string, value: string): string {
  const sensitivity = sensitivityOf(name)
  if (sensitivity === 'open') return redactText(value)
  return value === '' || (sensitivity === 'count' && isAmount(value)) ? value : REDACTED
}

/** Whether a text is a number or a span of time (`6m0s`), as headers about tokens have them. */
export function isAmount(text: string): boolean {
  return /^-?\d[\d.hms]{0,15}$/.test(text)
}

// One pass over a text that holds none of all this, as nearly all do.
const SUSPICIOUS =
  /[=@]|[Bb]earer|BEARER|Basic\s|[spr]k[-_]|sess[-_]|gh[oprsu]_|github_pat|glpat-|hf_|npm_|ya29\.|hvs\.|AKIA|AIza|xox[abeprs]-|xapp-|eyJ|(?:key|word|phrase|secret|token)["'\\]{0,3}\s{0,8}:|\/1[\w-]{40}/i
// Up to the last @ of what can be an authority. No part of it can run over the next //. JSON inside a text may escape its slashes.
const USER_INFO = /(\\{0,4}\/\\{0,4}\/)[^/?#\s"<>\\]*@/g
// A parameter in a URL, a form or a line of text. A bracket ends it only where the text goes on as after a markdown link.
const PARAMETER = /(^|[?&#;,\s])([^=&#?;,\s"'<>\\()]{1,100})=((?:[^&#\s"<>\\)]|\)(?=[^\s"<>\\)\],|.;]))+)/g
// Prose has bearers too: with a capital it always is a credential, else where no word looks like what follows.
const BEARER = /\b(B(?:earer|EARER))\s+[\w.~+/=-]{3,}/g
const LOWER_BEARER = /\b(bearer)\s+(?=[\w.~+/=-]*[\d_.~+/=-][\w~+/=-]|[\w.~+/=-]{16})[\w.~+/=-]{3,}/g
const BASIC = /\b(Basic)\s+[A-Za-z0-9+/]{8,}={0,2}/g
// A credential by the word before it, in prose, in JSON inside a text, in a connection string.
const LABELLED =
  /\b((?:api|access|secret|private|account)[-_ ]?key|pass(?:word|wd|phrase)|(?:client[-_])?secret|(?:[a-z]{1,20}[-_])?token)(["'\\]{0,3}\s{0,8}[:=]\s{0,8}["'\\]{0,3})(?!\[redacted\])[^\s"'\\&;,<>(){}[\]]{3,}/gi
// Each part of it has an end, or takes all that follows: a search takes no longer than the text.
const TOKEN =
  /(?<![A-Za-z0-9])(?:(?:[spr]k|sess)[-_][\w-]{6,}|gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|(?:hf|npm)_\w{20,}|ya29\.[\w-]{16,}|hvs\.[\w-]{16,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|(?:xox[abeprs]|xapp)-[\w-]{8,}|eyJ[\w-]{8,600}\.[\w-]{4,}(?:\.[\w-]*)?)/g
const RECIPE = /\/(1[\w-]{40,1499})(?![\w-])/g

/**
 * A text without the credentials that show by themselves: `user:password@` in a URL, `api_key=…` and its like, `Bearer …`,
 * `sk-…` and other forms of keys. A link of ours holds the beginning of a prompt, so it goes where that prompt had one.
 */
export function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text
  return text
    .replaceAll(USER_INFO, `$1${REDACTED}@`)
    .replaceAll(PARAMETER, redactParameter)
    .replaceAll(BEARER, `$1 ${REDACTED}`)
    .replaceAll(LOWER_BEARER, `$1 ${REDACTED}`)
    .replaceAll(BASIC, `$1 ${REDACTED}`)
    .replaceAll(LABELLED, redactLabelled)
    .replaceAll(TOKEN, REDACTED)
    .replaceAll(RECIPE, (whole: string, name: string) => (hasCredential(name) ? `/${REDACTED}` : whole))
}

/** Characters at most of texts that are not searched again. */
const MAX_OPEN = 262_144
const open = new Set<string>()
let weight = 0

/** The same of a text that comes again and again, as paths and names do: it is searched once, and kept only where it has no credential. */
export function redactRepeated(text: string): string {
  if (open.has(text)) return text
  const redacted = redactText(text)
  if (redacted !== text || text.length > MAX_OPEN) return redacted
  weight += text.length
  if (weight > MAX_OPEN) {
    open.clear()
    weight = text.length
  }
  open.add(copyOf(text))
  return text
}

function redactParameter(whole: string, ...[before = '', name = '', value = '']: string[]): string {
  const sensitivity = sensitivityOf(plain(name))
  return sensitivity === 'open' || (sensitivity === 'count' && isAmount(value)) ? whole : `${before}${name}=${REDACTED}`
}

// `max_tokens: 7` counts something.
function redactLabelled(whole: string, ...[label = '', sign = '']: string[]): string {
  return isAmount(whole.slice(label.length + sign.length)) ? whole : `${label}${sign}${REDACTED}`
}

function hasCredential(name: string): boolean {
  const { label = '', model = '' } = decodeRecipe(name)?.recipe ?? {}
  return redactText(label) !== label || redactText(model) !== model
}

/** A query, without its question mark, as it is kept. */
export function redactQuery(query: string): string {
  if (query === '') return query
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      if (at < 0) return redactEncoded(pair)
      const name = pair.slice(0, at)
      const value = plain(pair.slice(at + 1))
      const kept = redactNamed(plain(name), value)
      return `${redactEncoded(name)}=${kept === value ? pair.slice(at + 1) : encode(kept)}`
    })
    .join('&')
}

function redactEncoded(text: string): string {
  const value = plain(text)
  const kept = redactText(value)
  return kept === value ? text : encode(kept)
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(encodeURIComponent(REDACTED), REDACTED)
}

function plain(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

// The value of a field whose name says that it is secret, in JSON that stands inside a text.
const FIELD = /"([^"\\\s]{1,64})"(\s{0,8}:\s{0,8})"((?:[^"\\]|\\.)*)"/g

/** A text that holds JSON but is none, as an event stream: its fields are judged by their names as well. */
export function redactFields(text: string): string {
  return text.replaceAll(FIELD, redactField)
}

function redactField(whole: string, ...[name = '', colon = '', value = '']: string[]): string {
  const sensitivity = sensitivityOf(name)
  return sensitivity === 'open' || (sensitivity === 'count' && isAmount(value))
    ? whole
    : `"${name}"${colon}"${REDACTED}"`
}
