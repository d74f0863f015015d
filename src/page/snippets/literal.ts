import { type JsonValue, isObject } from '../../util/json-value.ts'
import { type Secret, type SecretText, withSecrets } from './recorded.ts'

/** How a language writes values. */
export interface Syntax {
  /** How it writes `true`, `false` and `null`. */
  readonly words: Readonly<Record<'true' | 'false' | 'null', string>>
  readonly text: (text: string) => string
  /** An expression that reads an environment variable. */
  readonly secret: (secret: Secret) => string
  /** One text of several expressions. */
  readonly join: (expressions: readonly string[]) => string
  /** The name of a member of an object. */
  readonly name: (name: string) => string
  /** Spaces of one level of indentation. */
  readonly indent: string
  /** Between a brace and the members of an object on one line. */
  readonly space: string
  /** After the last member of a list of lines. */
  readonly lastComma: string
}

export const JAVASCRIPT: Syntax = {
  words: { true: 'true', false: 'false', null: 'null' },
  text: quoteJavaScript,
  secret: ({ variable, fallback }) => `(process.env['${variable}'] ?? ${quoteJavaScript(fallback)})`,
  join: (expressions) => expressions.join(' + '),
  // In brackets, because as a plain name it would set the prototype.
  name: (name) =>
    name === '__proto__' ? `['${name}']` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoteJavaScript(name),
  indent: '  ',
  space: ' ',
  lastComma: ',',
}

export const PYTHON: Syntax = {
  words: { true: 'True', false: 'False', null: 'None' },
  text: quotePython,
  secret: ({ variable, fallback }) => `os.environ.get("${variable}", ${quotePython(fallback)})`,
  join: (expressions) => expressions.join(' + '),
  name: quotePython,
  indent: '    ',
  space: '',
  lastComma: ',',
}

function quoteJavaScript(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll(/\\.|'/g, (found) => (found === String.raw`\"` ? '"' : found === "'" ? String.raw`\'` : found))}'`
}

// Python has all escapes of JSON. It cannot send a half of a surrogate pair.
function quotePython(text: string): string {
  return JSON.stringify(text.toWellFormed())
}

/** Writes a text. */
export function writeText(parts: SecretText, syntax: Syntax): string {
  const expressions = parts.map((part) => (typeof part === 'string' ? syntax.text(part) : syntax.secret(part)))
  const [first = syntax.text(''), ...others] = expressions
  return others.length === 0 ? first : syntax.join(expressions)
}

/** Writes an object of texts. */
export function writeTexts(texts: Readonly<Record<string, SecretText>>, syntax: Syntax, indent = ''): string {
  const members = Object.entries(texts).map(([name, text]) => `${syntax.name(name)}: ${writeText(text, syntax)}`)
  return enclose(members, ['{', '}', syntax.space], { syntax, indent })
}

interface Place {
  /** The name of the member that has the value. */
  readonly name?: string
  /** The spaces before the line of the value. */
  readonly indent?: string
}

/** Writes a JSON value. Its redacted parts become environment variables. */
export function writeValue(value: JsonValue, syntax: Syntax, { name = '', indent = '' }: Place = {}): string {
  if (typeof value === 'string') return writeText(withSecrets(value, name), syntax)
  if (value === null || typeof value === 'boolean') return syntax.words[`${value}`]
  if (typeof value === 'number') return JSON.stringify(value)
  const inner = indent + syntax.indent
  if (!isObject(value)) {
    const items = value.map((item) => writeValue(item, syntax, { name, indent: inner }))
    return enclose(items, ['[', ']', ''], { syntax, indent })
  }
  const members = Object.entries(value).map(
    ([key, one]) => `${syntax.name(key)}: ${writeValue(one, syntax, { name: key, indent: inner })}`,
  )
  return enclose(members, ['{', '}', syntax.space], { syntax, indent })
}

const MAX_LINE = 60 // characters of a list or an object on one line

/** Writes a list or an object on one line if it is short, otherwise with a line for each member. */
export function enclose(
  members: readonly string[],
  [open, close, space]: readonly [open: string, close: string, space: string],
  { syntax, indent }: { readonly syntax: Syntax; readonly indent: string },
): string {
  if (members.length === 0) return open + close
  const line = `${open}${space}${members.join(', ')}${space}${close}`
  if (line.length <= MAX_LINE && !line.includes('\n')) return line
  const lines = members.map((member) => `${indent}${syntax.indent}${member}`)
  return `${open}\n${lines.join(',\n')}${syntax.lastComma}\n${indent}${close}`
}
