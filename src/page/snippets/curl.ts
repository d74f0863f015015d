import { type Syntax, writeValue } from './literal.ts'
import { type SecretText, type SnippetSource, joinTexts, toRepeated, withSecrets } from './recorded.ts'

// Linux accepts at most 128 KiB in one argument of a program.
const MAX_ARGUMENT = 120_000 // bytes
// JSON never contains this character, also not in a text.
const MARK = '\0'

// A terminal may act on control characters that are pasted. JSON.stringify escapes only those below a space.
function toJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
}

/** JSON in which a secret is between two marks. */
const JSON_WITH_MARKS: Syntax = {
  words: { true: 'true', false: 'false', null: 'null' },
  text: toJson,
  secret: ({ variable, fallback }) => `"${MARK}${variable}=${fallback}${MARK}"`,
  join: (expressions) => `"${expressions.map((expression) => expression.slice(1, -1)).join('')}"`,
  name: toJson,
  indent: '  ',
  space: ' ',
  lastComma: '',
}

/** A request as a command for sh, bash and zsh. */
export function toCurl(source: SnippetSource): string {
  const { method, path, headers, body, isJson, differences } = toRepeated(source)
  const isStream = source.exchange.response.stream
  const usual = body === undefined ? 'GET' : 'POST'
  const options = [
    ...(method === 'HEAD' ? ['--head'] : method === usual ? [] : [`--request ${quote([method])}`]),
    ...(isStream ? ['--no-buffer'] : []),
  ]
  const lines = [
    ['curl', ...options, quote([source.root, ...path])].join(' '),
    ...Object.entries(headersOf(headers, body !== undefined)).map(
      ([name, value]) => `-H ${quote([`${name}: `, ...value])}`,
    ),
  ]
  const comments = differences.map((difference) => `# ${difference}\n`).join('')
  const toCommand = (data: string): string =>
    `${comments}${[...lines, ...(data === '' ? [] : [data])].join(' \\\n  ')}\n`
  if (body === undefined) return toCommand('')
  const text =
    typeof body === 'string' && !isJson ? withSecrets(body, '') : splitMarks(writeValue(body, JSON_WITH_MARKS))
  const argument = quote(text)
  if (new TextEncoder().encode(argument).length <= MAX_ARGUMENT) return toCommand(`--data-raw ${argument}`)
  // A line of JSON never consists of this word only. A text that is not JSON is never so long in the journal.
  return `${toCommand("--data-binary @- <<'END'")}${toJson(body)}\nEND\n`
}

// curl sends a body as a form if there is no header with another type.
function headersOf(headers: Readonly<Record<string, SecretText>>, hasBody: boolean) {
  return hasBody && headers['content-type'] === undefined
    ? { 'content-type': ['application/json'], ...headers }
    : headers
}

function splitMarks(text: string): SecretText {
  return text.split(MARK).map((part, i) => {
    if (i % 2 === 0) return part
    const at = part.indexOf('=')
    return { variable: part.slice(0, at), fallback: part.slice(at + 1) }
  })
}

// Between single quotes a shell changes nothing. A single quote itself cannot be there.
function quote(text: SecretText): string {
  const quoted = joinTexts(text).map((part) => {
    if (typeof part !== 'string') return `"\${${part.variable}:-${part.fallback}}"`
    return /^[\w@%+=:,./-]*$/.test(part) ? part : `'${part.replaceAll("'", String.raw`'\''`)}'`
  })
  return quoted.join('') || "''"
}
