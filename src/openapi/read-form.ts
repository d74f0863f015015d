import { type JsonValue, isObject } from '../util/json.ts'
import { type Coercion, type Texts, coerce, shapeOf } from './coerce.ts'
import { valueAt } from './json-pointer.ts'
import { isJsonType } from './operation.ts'
import { type FieldsReading, MAX_FIELDS, readMultipart, tooManyFields } from './read-multipart.ts'
import { decodeText, pairsOf } from './read-parameter.ts'
import { addText } from './text-tree.ts'

/** The JSON value of a form, or why it cannot be read. */
export type FormReading = { readonly value: JsonValue } | { readonly fault: string }

/** Where the media type of a form is in the contract, and the header of the request. */
export interface FormSource {
  /** JSON pointer of the media type. */
  readonly pointer: string
  readonly contentType: string
}

/**
 * Reads a form as the JSON value that its schema describes. Names such as `a[b][]` are nested values. `encoding` says
 * which fields are JSON or separated by commas; then each item counts as a field. A file is the text of its bytes.
 */
export async function readForm(
  bytes: Buffer,
  coercion: Coercion,
  { pointer, contentType }: FormSource,
): Promise<FormReading> {
  const isMultipart = contentType.toLowerCase().startsWith('multipart/')
  const reading = isMultipart ? await readMultipart(bytes, contentType) : readPairs(bytes)
  if ('fault' in reading) return reading
  const schema = `${pointer}/schema`
  const hasSchema = valueAt(coercion.document, schema) !== undefined
  const root: Record<string, Texts> = {}
  let texts = 0
  for (const [name, raw] of reading.fields) {
    const encoding = encodingOf(coercion, pointer, name)
    for (const text of split(raw, { encoding, isMultipart, isList: isList(coercion, schema, name) })) {
      if (++texts > MAX_FIELDS) return { fault: tooManyFields() }
      addText(root, name, text)
    }
  }
  return { value: coerce(coercion, hasSchema ? schema : undefined, root) }
}

const AND = 0x26

// Counted before they are split. An `&` at the end is allowed.
function readPairs(bytes: Buffer): FieldsReading {
  let separators = 0
  for (let at = bytes.indexOf(AND); at >= 0; at = bytes.indexOf(AND, at + 1))
    if (++separators > MAX_FIELDS) return { fault: tooManyFields() }
  const fields = pairsOf(bytes.toString('utf8'))
  return fields.length > MAX_FIELDS ? { fault: tooManyFields() } : { fields }
}

interface Encoding {
  readonly explode: boolean
  readonly isJson: boolean
}

function encodingOf({ document }: Coercion, pointer: string, name: string): Encoding {
  const encodings = valueAt(document, `${pointer}/encoding`)
  const encoding = isObject(encodings) ? encodings[name] : undefined
  if (!isObject(encoding)) return { explode: true, isJson: false }
  const { explode, contentType } = encoding
  return { explode: explode !== false, isJson: typeof contentType === 'string' && isJsonType(contentType) }
}

function isList({ document }: Coercion, schema: string, name: string): boolean {
  const property = shapeOf(document, schema).properties.get(name)?.[0]
  return property !== undefined && shapeOf(document, property).types.has('array')
}

interface Splitting {
  readonly encoding: Encoding
  readonly isMultipart: boolean
  readonly isList: boolean
}

function split(raw: string, { encoding, isMultipart, isList: isArray }: Splitting): Texts[] {
  const isSplit = isArray && !encoding.explode && !encoding.isJson
  const parts = isSplit ? raw.split(',', MAX_FIELDS + 1) : [raw]
  return isMultipart ? parts : parts.map(decodeText)
}
