import type { JsonValue } from '../util/json.ts'
import { type Coercion, type Texts, coerce, shapeOf } from './coerce.ts'
import type { Parameter } from './operation.ts'
import { addText } from './text-tree.ts'
import type { RequestParts } from './validate-request.ts'

/** A pair of a query or a form, percent-encoded. */
type Pair = readonly [name: string, text: string]

/**
 * The values that a parameter of a request may mean, the most likely one first: `1,2` may be a list or a text. Empty if
 * it was not sent. A parameter that is sent without a value has none if `allowEmptyValue` is true.
 */
export function readParameter(
  coercion: Coercion,
  parameter: Parameter,
  { path, rawPath, query, header, others }: ParameterSource,
): JsonValue[] {
  const { name, schema } = parameter
  if (parameter.in === 'query') {
    const pairs = pairsOf(query)
    return distinct(queryForms(coercion, parameter, { pairs, others }), coercion, schema)
  }
  const raw =
    parameter.in === 'path'
      ? (rawPath?.[name] ?? encode(path[name]))
      : parameter.in === 'header'
        ? encode(header(name.toLowerCase()))
        : cookieIn(header('cookie'), name)
  return raw === undefined ? [] : distinct(textForms(parameter, raw), coercion, schema)
}

/** The parts of a request, and the names of its other query parameters. */
export interface ParameterSource extends RequestParts {
  readonly others: ReadonlySet<string>
}

function encode(text: string | undefined): string | undefined {
  return text?.replaceAll('%', '%25')
}

function distinct(forms: readonly Form[], coercion: Coercion, schema: string | undefined): JsonValue[] {
  return forms.map((form) => ('json' in form ? form.json : coerce(coercion, schema, form.texts)))
}

/** One way to read a parameter. */
type Form = { readonly json: JsonValue } | { readonly texts: Texts }

function cookieIn(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(';').find((item) => item.trim().startsWith(`${name}=`))
  return pair?.trim().slice(name.length + 1)
}

/** The pairs of a query, not decoded: a `%2C` in an item does not separate two items. */
export function pairsOf(query: string): Pair[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [decodeText(pair), ''] : [decodeText(pair.slice(0, at)), pair.slice(at + 1)]
    })
}

const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/**
 * Decodes a text of a query or a form. What is not valid percent-encoding stays as it is; bytes that are not UTF-8 become
 * U+FFFD. One pass over the bytes: `replaceAll` and `decodeURIComponent` need a gigabyte for 32 MiB of `+`.
 */
export function decodeText(text: string): string {
  if (!/[+%]/.test(text)) return text
  const bytes = Buffer.from(text)
  let end = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    const code = byte === PERCENT ? 16 * digitOf(bytes[at + 1]) + digitOf(bytes[at + 2]) : Number.NaN
    if (!Number.isNaN(code)) at += 2
    bytes[end++] = Number.isNaN(code) ? (byte === PLUS ? SPACE : byte) : code
  }
  return bytes.toString('utf8', 0, end)
}

// NaN for what is not a hexadecimal digit.
function digitOf(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}

const SEPARATORS: Readonly<Record<string, RegExp>> = { spaceDelimited: /%20|\+| /, pipeDelimited: /\||%7c/i }

function queryForms(
  coercion: Coercion,
  parameter: Parameter,
  { pairs, others }: { readonly pairs: readonly Pair[]; readonly others: ReadonlySet<string> },
): Form[] {
  const { name, types, explode, style, isJson, schema } = parameter
  const raw = pairs.filter(([key]) => key === name).map(([, text]) => text)
  if (isJson) return raw.slice(0, 1).map(jsonForm)
  const forms: Form[] = []
  if (types.includes('array') && raw.length > 0) {
    const items = explode ? raw : raw.flatMap((text) => text.split(SEPARATORS[style] ?? ','))
    forms.push({ texts: items.map(decodeText) })
  }
  if (types.includes('object')) {
    const fields =
      style === 'deepObject'
        ? deepFields(name, pairs)
        : explode
          ? openFields(coercion, schema, { pairs, others })
          : undefined
    if (fields !== undefined) forms.push({ texts: fields })
    else if (!explode && style !== 'deepObject' && raw[0] !== undefined)
      forms.push({ texts: pairedFields(raw[0].split(',')) })
  }
  if (style === 'deepObject' && types.includes('array') && forms.length === 0) {
    const fields = deepFields(name, pairs)
    if (fields !== undefined) forms.push({ texts: fields })
  }
  const isScalar = types.length === 0 || types.some((type) => type !== 'array' && type !== 'object')
  const isAlone = forms.length === 0 && raw[0] !== undefined
  if (raw[0] !== undefined && (isScalar || isAlone)) forms.push({ texts: decodeText(raw[0]) })
  return forms
}

function jsonForm(raw: string): Form {
  const text = decodeText(raw)
  try {
    const json: JsonValue = JSON.parse(text)
    return { json }
  } catch {
    return { json: text }
  }
}

// `filter[a]=1&filter[b][]=2`
function deepFields(name: string, pairs: readonly Pair[]): Texts | undefined {
  const root: Record<string, Texts> = {}
  for (const [key, text] of pairs) if (key.startsWith(`${name}[`)) addText(root, key, decodeText(text))
  return root[name]
}

// `a=1&b=2` for an object that is the parameter itself. Other parameters are not its properties.
function openFields(
  { document }: Coercion,
  schema: string | undefined,
  { pairs, others }: { readonly pairs: readonly Pair[]; readonly others: ReadonlySet<string> },
): Texts | undefined {
  const shape = schema === undefined ? undefined : shapeOf(document, schema)
  const isOwn = (key: string): boolean =>
    shape?.properties.has(key) === true || ((shape?.others.length ?? 0) > 0 && !others.has(key))
  const root: Record<string, Texts> = {}
  for (const [key, text] of pairs) if (isOwn(key)) addText(root, key, decodeText(text))
  return Object.keys(root).length === 0 ? undefined : root
}

// A `+` is a space only in a query and in a form.
function decodeLiteral(text: string): string {
  return decodeText(text.replaceAll('+', '%2B'))
}

function textForms(parameter: Parameter, raw: string): Form[] {
  const { name, isJson, types, explode, style } = parameter
  if (isJson) return [jsonForm(raw.replaceAll('+', '%2B'))]
  const isHeader = parameter.in === 'header'
  const plain = withoutStyle(raw, name, style)
  const separator = explode && style === 'label' ? '.' : explode && style === 'matrix' ? `;${name}=` : ','
  const items = plain.split(separator).map((item) => (isHeader ? item.trim() : item))
  const forms: Form[] = []
  if (types.includes('array')) forms.push({ texts: items.map(decodeLiteral) })
  if (types.includes('object')) {
    const parts = explode && style === 'matrix' ? raw.split(';').slice(1) : items
    forms.push({ texts: explode ? namedFields(parts.map(decodeLiteral)) : pairedFields(parts) })
  }
  const isScalar = types.length === 0 || types.some((type) => type !== 'array' && type !== 'object')
  if (isScalar) forms.push({ texts: decodeLiteral(plain) })
  return forms
}

// `.blue` and `;color=blue` without what the styles `label` and `matrix` put before the value.
function withoutStyle(raw: string, name: string, style: string): string {
  if (style === 'label') return raw.replace(/^\./, '')
  if (style !== 'matrix') return raw
  return raw.startsWith(`;${name}=`) ? raw.slice(name.length + 2) : raw.replace(/^;/, '')
}

// `name=value`
function namedFields(items: readonly string[]): Texts {
  return Object.fromEntries(
    items.map((item) => {
      const [key = '', ...value] = item.split('=')
      return [key, value.join('=')]
    }),
  )
}

function pairedFields(items: readonly string[]): Texts {
  const entries = items.flatMap((key, i): [string, string][] =>
    i % 2 === 0 ? [[decodeLiteral(key), decodeLiteral(items[i + 1] ?? '')]] : [],
  )
  return Object.fromEntries(entries)
}
