import { MIMEType } from 'node:util'

/** Maximum number of fields of a form. */
export const MAX_FIELDS = 10_000

/** The names and texts of a form in the order in which they were sent, or why it cannot be read. */
export type FieldsReading = { readonly fields: readonly (readonly [string, string])[] } | { readonly fault: string }

/** Maximum bytes of the headers of one part. */
const MAX_PART_BYTES = 16_384
/** Maximum lines of the headers of one part. */
const MAX_PART_LINES = 16
/** Maximum bytes of the headers of all parts: 400 for each of the fields. */
const MAX_HEADER_BYTES = 4_194_304

const NOT_VALID = 'The request body is not valid multipart/form-data, or its boundary is missing.'

const END_OF_LINE = '\r\n'

/**
 * Reads multipart/form-data: at most 10,000 parts, with headers of at most 16 KiB and 16 lines for a part and 4 MiB for
 * all parts. They are counted before they are read. A file is the text of its bytes.
 */
export async function readMultipart(bytes: Buffer, contentType: string): Promise<FieldsReading> {
  try {
    const type = new MIMEType(contentType)
    const boundary = type.params.get('boundary') ?? ''
    const fault = boundary === '' ? NOT_VALID : excessOf(bytes, `--${boundary}`)
    if (fault !== undefined) return { fault }
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': String(type) } }).formData()
    const fields: [string, string][] = []
    for (const [name, value] of form) fields.push([name, typeof value === 'string' ? value : await value.text()])
    return { fields }
  } catch {
    return { fault: NOT_VALID }
  }
}

/** The message for a form with too many fields. */
export function tooManyFields(): string {
  return `The form has more than ${MAX_FIELDS} fields.`
}

// Counted first: the parser creates several objects for each part, and a text for each line of its headers.
function excessOf(bytes: Buffer, boundary: string): string | undefined {
  let parts = 0
  let headerBytes = 0
  for (let at = bytes.indexOf(boundary, 0, 'latin1'); at >= 0; at = bytes.indexOf(boundary, at, 'latin1')) {
    at += boundary.length
    if (bytes.toString('latin1', at, at + 2) === '--') continue // after the last part
    if (++parts > MAX_FIELDS) return tooManyFields()
    const begin = bytes.subarray(at, at + MAX_PART_BYTES)
    const end = begin.indexOf(`${END_OF_LINE}${END_OF_LINE}`)
    if (end < 0 && begin.length === MAX_PART_BYTES)
      return `The headers of a part of the form are too long. The limit is ${MAX_PART_BYTES} bytes.`
    const headers = end < 0 ? begin : begin.subarray(0, end)
    if (hasManyLines(headers)) return `A part of the form has too many headers. The limit is ${MAX_PART_LINES} lines.`
    headerBytes += headers.length
    if (headerBytes > MAX_HEADER_BYTES)
      return `The headers of all parts of the form are too long. The limit is ${MAX_HEADER_BYTES} bytes.`
  }
  return undefined
}

// The first line ends the boundary.
function hasManyLines(headers: Buffer): boolean {
  let lines = 0
  for (let at = headers.indexOf(END_OF_LINE); at >= 0; at = headers.indexOf(END_OF_LINE, at + 1))
    if (++lines > MAX_PART_LINES) return true
  return false
}
