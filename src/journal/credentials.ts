import { decodeRecipe } from '../images/recipe.ts'
import { copyOf } from '../util/lru.ts'

/** The text that replaces a credential. */
export const REDACTED = '[redacted]'

/**
 * What the name of a header, query parameter or JSON field says about its value. A `secret` value is never kept. A
 * `count` value (`max_tokens`) is kept if it is a number. An `open` value is kept.
 */
export type Sensitivity = 'secret' | 'count' | 'open'

// Names that look like a credential's: Authorization, Cookie, X-Api-Key, client_secret, X-Amz-Signature …
const SECRET =
  /key|token|secret|passw|passphrase|passcode|pwd|auth|credential|session|cookie|signature|jwt|bearer|csrf|xsrf|assertion|(?:^|[^a-z])(?:sig|sign|sid|pass|otp|pw|pin|psk)(?:$|[^a-z])/
// Names that match SECRET, but whose values are not credentials.
const OPEN = new Set(['x-mock-session', 'idempotency-key', 'www-authenticate', 'proxy-authenticate'])
// Harmless words that match SECRET.
const HARMLESS =
  /author(?!i[sz]|ation)|key(?:word|board|frame|stone|note|point)|monkey|turkey|donkey|hotkey|tokeni[sz]/g
const COUNT = /tokens(?![a-z])|token_(?:count|limit|budget|usage|type)/g

const MAX_NAME = 200 // characters; the value of a longer name is treated as a secret

const known = new Map<string, Sensitivity>()

/** The Sensitivity of a name. The first 1,000 names are cached. */
export function sensitivityOf(name: string): Sensitivity {
  const found = known.get(name)
  if (found !== undefined) return found
  const sensitivity = judge(name)
  if (name.length <= 64 && known.size < 1000) known.set(name, sensitivity)
  return sensitivity
}

function judge(name: string): Sensitivity {
  if (name.length > MAX_NAME) return 'secret'
  const lower = name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
  if (OPEN.has(lower)) return 'open'
  const words = lower.replaceAll(HARMLESS, ' ')
  if (!SECRET.test(words)) return 'open'
  return SECRET.test(words.replaceAll(COUNT, ' ')) ? 'secret' : 'count'
}

/** Redacts credentials in the value of a header, query parameter or field. */
export function redactNamed(name: string, value: string): string {
  if (sensitivityOf(name) === 'open') return redactText(value)
  return value === '' || mayKeep(name, value) ? value : REDACTED
}

function mayKeep(name: string, value: string): boolean {
  const sensitivity = sensitivityOf(name)
  return sensitivity === 'open' || (sensitivity === 'count' && isAmount(value))
}

/** Whether a text is a number or a duration (`6m0s`), as in rate-limit headers about tokens. */
export function isAmount(text: string): boolean {
  return /^-?\d[\d.hms]{0,15}$/.test(text)
}

// Most texts contain no credential. This one search skips all others for them.
const SUSPICIOUS =
  /[=@]|[Bb]earer|BEARER|Basic\s|[spr]k[-_]|sess[-_]|gh[oprsu]_|github_pat|glpat-|hf_|npm_|r8_|xai-|ya29\.|hvs\.|AKIA|AIza|xox[abeprs]-|xapp-|eyJ|(?:key|word|phrase|passcode|psk|secret|token|authorization|cookies?)["'\\]{0,3}\s{0,8}:|"\s{0,8}:|-----BEGIN|-[a-z]{1,20}[ \t]{0,8}:|\s(?:-u|--(?:proxy-)?user)\s|\/1[\w-]{40}/i
// A field with a string or a number, in JSON inside a text. JSON inside JSON has backslashes before its quotes, and twice
// as many and one more before the quotes in its strings. Each alternative begins differently, so the search takes linear
// time.
const FIELD =
  /(\\{0,7})"([^"\\\s]{1,64})\1"(\s{0,8}:\s{0,8})(?:\1"((?:[^"\\]|\1\\(?:\1"|\1\\|[^"\\])|\\[^"\\])*)\1"|(-?\d[\d.eE+-]*))/g
// The body of a private key, also if its end is missing.
const PRIVATE_KEY = /(-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[^-]+(?:-{1,4}[^-]+)*/g
// A header at the start of a line or of a quoted text, as in `curl -H 'Cookie: …'`. Its value ends with the line or text.
const HEADER_LINE =
  /(^|[\r\n"'`]|\\[rn])([ \t<>*]{0,8})([a-z][\w-]{2,60})([ \t]{0,8}:[ \t]{0,8})((?:basic|bearer|digest)[ \t]{1,8})?[^\r\n"'`\\]{3,}/gi
// The parameters of HTTP's digest authentication, which have quotes.
const DIGEST = /\b(digest[ \t]{1,8})[a-z]{1,20}=[^\r\n]+/gi
// These two headers in a sentence. `cookie: golden` is not one, but `cookie: a=b` is.
const AUTHORIZATION =
  /\b(authorization["'\\]{0,3}[ \t]{0,8}:[ \t]{0,8}["'\\]{0,3})(?!(?:\w{1,20} )?\[redacted\])((?:basic|bearer|digest|token)[ \t]{1,8})?[^\s"'`\\]{3,}/gi
const COOKIES =
  /\b(cookies?["'\\]{0,3}[ \t]{0,8}:[ \t]{0,8}["'\\]{0,3})(?:[^\s"'`\\=;]{1,100}=[^\s"'`\\;]*(?:;[ \t]{0,8}[^\s"'`\\=;]{1,100}=[^\s"'`\\;]*)*|(?=[a-z.~+/%_-]{0,60}\d)[\w.~+/%-]{6,})/gi
// `user:password` of curl, also in quotes.
const CURL_USER =
  /((?:^|\s)(?:-u|--(?:proxy-)?user)[ \t=]{1,8})(?:"[^":\r\n]*:[^"\r\n]*"?|'[^':\r\n]*:[^'\r\n]*'?|\\{1,3}"[^"\\:\r\n]*:[^"\\\r\n]*|[^\s"':]*:[^\s"']+)/gi
// Matches up to the last @ of an authority, and ends before the next //. JSON inside a text may escape its slashes.
const USER_INFO = /(\\{0,4}\/\\{0,4}\/)[^/?#\s"<>\\]*@/g
// A parameter in a URL, a form or a line of text. A closing bracket ends it only where it can end a Markdown link.
const PARAMETER = /(^|[?&#;,\s])([^=&#?;,\s"'<>\\()]{1,100})=((?:[^&#\s"<>\\)]|\)(?=[^\s"<>\\)\],|.;]))+)/g
// The text after `Bearer` is always a credential. After `bearer` it is one only if it does not look like a word.
const BEARER = /\b(B(?:earer|EARER))\s+[\w.~+/=-]{3,}/g
const LOWER_BEARER = /\b(bearer)\s+(?=[\w.~+/=-]*[\d_.~+/=-][\w~+/=-]|[\w.~+/=-]{16})[\w.~+/=-]{3,}/g
const BASIC = /\b(Basic)\s+[A-Za-z0-9+/]{8,}={0,2}/g
// A credential after a label: in prose, in JSON inside a text, or in a connection string.
const LABELLED =
  /\b((?:api|access|secret|private|account)[-_ ]?key|pass(?:word|wd|phrase|code)|psk|(?:client[-_])?secret|(?:[a-z]{1,20}[-_])?token)(["'\\]{0,3}\s{0,8}[:=]\s{0,8}["'\\]{0,3})(?!\[redacted\])[^\s"'\\&;,<>(){}[\]]{3,}/gi
// Keys with a known prefix. Each part is bounded or greedy to its end, so the search takes linear time.
const TOKEN =
  /(?<![A-Za-z0-9])(?:(?:[spr]k|sess)[-_][\w-]{6,}|(?:gsk|r8)_\w{8,}|xai-(?=[a-z_]{0,60}[\dA-Z])\w{8,}|gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|(?:hf|npm)_\w{20,}|ya29\.[\w-]{16,}|hvs\.[\w-]{16,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|(?:xox[abeprs]|xapp)-[\w-]{8,}|eyJ[\w-]{8,600}\.[\w-]{4,}(?:\.[\w-]*)?)/g
const RECIPE = /\/(1[\w-]{40,2299})(?![\w-])/g

/**
 * Redacts the credentials in a text: secret fields of JSON in it, headers, private keys, `user:password@` in a URL,
 * parameters such as `api_key=…`, `Bearer …`, `sk-…` and other known keys, and links of pictures whose prompt contains
 * one.
 */
export function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text
  return (
    text
      .replaceAll(FIELD, redactField)
      .replaceAll(PRIVATE_KEY, `$1${REDACTED}`)
      .replaceAll(DIGEST, `$1${REDACTED}`)
      .replaceAll(
        HEADER_LINE,
        (whole: string, ...[before = '', indent = '', name = '', colon = '', scheme = '']: string[]) =>
          isHeaderOfCredential(name) ? `${before}${indent}${name}${colon}${scheme}${REDACTED}` : whole,
      )
      .replaceAll(AUTHORIZATION, (_whole: string, name: string, scheme = '') => `${name}${scheme}${REDACTED}`)
      .replaceAll(COOKIES, `$1${REDACTED}`)
      .replaceAll(CURL_USER, `$1${REDACTED}`)
      .replaceAll(USER_INFO, `$1${REDACTED}@`)
      .replaceAll(PARAMETER, (whole: string, ...[before = '', name = '', value = '']: string[]) =>
        mayKeep(plain(name), value) ? whole : `${before}${name}=${REDACTED}`,
      )
      .replaceAll(BEARER, `$1 ${REDACTED}`)
      .replaceAll(LOWER_BEARER, `$1 ${REDACTED}`)
      .replaceAll(BASIC, `$1 ${REDACTED}`)
      // `max_tokens: 7` is not a credential.
      .replaceAll(LABELLED, (whole: string, label: string, sign: string) =>
        isAmount(whole.slice(label.length + sign.length)) ? whole : `${label}${sign}${REDACTED}`,
      )
      .replaceAll(TOKEN, REDACTED)
      .replaceAll(RECIPE, (whole: string, name: string) => (hasCredential(name) ? `/${REDACTED}` : whole))
  )
}

function redactField(whole: string, ...parts: (string | undefined)[]): string {
  const [escape = '', name = '', colon = '', value, number = ''] = parts
  const toField = (text: string): string => `${escape}"${name}${escape}"${colon}${escape}"${text}${escape}"`
  if (!mayKeep(name, value ?? number)) return toField(REDACTED)
  return value === undefined ? whole : toField(value.replaceAll(FIELD, redactField)) // JSON inside this JSON
}

// Other names, such as `key` or `pin`, are words of prose too.
function isHeaderOfCredential(name: string): boolean {
  return /^(?:authorization|cookie)$/i.test(name) || (name.includes('-') && sensitivityOf(name) === 'secret')
}

/** Redacts only the keys with a known prefix, such as `sk-…`: for texts in which `token: …` is a name and its error. */
export function redactKeys(text: string): string {
  return text.replaceAll(TOKEN, REDACTED)
}

const MAX_REMEMBERED = 262_144 // characters of all cached texts together
const harmless = new Set<string>()
let remembered = 0

/** Redacts the keys with a known prefix in a text that may have cut them. */
export function redactCutKeys(text: string): string {
  return text.replaceAll(CUT_TOKEN, REDACTED)
}

/** `redactText` for texts that often repeat, such as paths and headers. Caches the texts without a credential. */
export function redactRepeated(text: string): string {
  if (harmless.has(text)) return text
  const redacted = redactText(text)
  if (redacted !== text || text.length > MAX_REMEMBERED) return redacted
  remembered += text.length
  if (remembered > MAX_REMEMBERED) {
    harmless.clear()
    remembered = text.length
  }
  harmless.add(copyOf(text))
  return text
}

// The beginnings of credentials.
const CUT_USER_INFO = /(\/\/)[^/?#\s"<>\\@:[]+:(?!\d{1,5}(?![^/?#\s"'<>\\).,;]))[^/?#\s"'<>\\@]+/g
const CUT_TOKEN =
  /(?<![A-Za-z0-9])(?:(?:[spr]k|sess)[-_]|gsk_|xai-|r8_|gh[oprsu]_|github_pat_|glpat-|(?:hf|npm)_|ya29\.|hvs\.|AKIA|AIza|xox[abeprs]-|xapp-|eyJ)[\w-]{3,}(?:\.[\w-]+)*/g

/**
 * Redacts the credentials in a message of the mock, which may repeat the beginning of a value. So it also redacts texts
 * that only begin like a credential.
 */
export function redactCut(text: string): string {
  return redactRepeated(text).replaceAll(CUT_USER_INFO, `$1${REDACTED}`).replaceAll(CUT_TOKEN, REDACTED)
}

function hasCredential(name: string): boolean {
  const { label = '', model = '' } = decodeRecipe(name)?.recipe ?? {}
  return redactText(label) !== label || redactText(model) !== model
}

/** Redacts the credentials in a query, which is given without its question mark. */
export function redactQuery(query: string): string {
  if (query === '') return query
  const pairs = query.split('&').map((pair) => {
    const at = pair.indexOf('=')
    if (at < 0) return redactEncoded(pair, redactText)
    const name = pair.slice(0, at)
    const value = redactEncoded(pair.slice(at + 1), (text) => redactNamed(plain(name), text))
    return `${redactEncoded(name, redactText)}=${value}`
  })
  return pairs.join('&')
}

// A text without a credential keeps its original encoding.
function redactEncoded(encoded: string, redact: (text: string) => string): string {
  const text = plain(encoded)
  const kept = redact(text)
  if (kept === text) return encoded
  return encodeURIComponent(kept.toWellFormed()).replaceAll(encodeURIComponent(REDACTED), REDACTED)
}

function plain(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
