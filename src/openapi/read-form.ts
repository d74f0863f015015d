import { type JsonValue, isObject } from '../util/json.ts'
import { type Coercion, type Texts, coerce, shapeOf } from './coerce.ts'
import { valueAt } from './json-pointer.ts'
import { isJsonType } from './operation.ts'
import { decodeText, pairsOf } from './read-parameter.ts'
import { addText } from './text-tree.ts'

/** Maximum number of fields of a form. */
const MAX_FIELDS = 10_000

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
 * which fields are JSON or separated by commas. A file is the text of its bytes.
 */
export async function readForm(
  bytes: Buffer,
  coercion: Coercion,
  { pointer, contentType }: FormSource,
): Promise<FormReading> {
  const isMultipart = contentType.toLowerCase().startsWith('multipart/')
  const fields = isMultipart ? await readMultipart(bytes, contentType) : pairsOf(bytes.toString('latin1'))
  if (fields === undefined)
    return { fault: 'The request body is not valid multipart/form-data, or its boundary is missing.' }
  if (fields.length > MAX_FIELDS) return { fault: `The form has more than ${MAX_FIELDS} fields.` }
  const schema = `${pointer}/schema`
  const hasSchema = valueAt(coercion.document, schema) !== undefined
  const root: Record<string, Texts> = {}
  for (const [name, raw] of fields) {
    const encoding = encodingOf(coercion, pointer, name)
    for (const text of split(raw, { encoding, isMultipart, isList: isList(coercion, schema, name) }))
      addText(root, name, text)
  }
  return { value: coerce(coercion, hasSchema ? schema : undefined, root) }
}

async function readMultipart(bytes: Buffer, contentType: string): Promise<[string, string][] | undefined> {
  try {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
    const fields: [string, string][] = []
    for (const [name, value] of form) fields.push([name, typeof value === 'string' ? value : await value.text()])
    return fields
  } catch {
    return undefined
  }
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
  const parts = isSplit ? raw.split(',') : [raw]
  return isMultipart ? parts : parts.map(decodeText)
}
