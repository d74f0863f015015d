import { type JsonObject, type JsonValue, isObject } from '../util/json.ts'
import { essenceOf } from './accept.ts'
import { isJsonType } from './operation.ts'

/** What a body is: a text, a picture that must be drawn, or bytes of a format that the mock cannot write. */
export type Content = 'text' | 'picture' | 'bytes'

/** A body. The text is empty if it is not a text. */
export interface Written {
  readonly body: string
  readonly content: Content
}

/** Writes a value in its media type. `pointer` is that of the media type in the document. */
export async function writeSample(
  document: JsonObject,
  pointer: string,
  { mediaType, value }: { readonly mediaType: string; readonly value: JsonValue },
): Promise<Written> {
  const type = essenceOf(mediaType)
  if (isJsonType(mediaType)) return text(JSON.stringify(value))
  if (type === 'text/event-stream')
    return text(typeof value === 'string' && value.includes('\n') ? value : toEvents(value))
  if (/^image\/(?:png|jpeg|webp)$/.test(type)) return { body: '', content: 'picture' }
  if (/^(?:application|text)\/(?:[\w.-]+\+)?xml$/.test(type) && typeof value !== 'string') {
    const { writeXml } = await import('./write-xml.ts')
    return text(writeXml(document, `${pointer}/schema`, value))
  }
  if (type === 'application/x-ndjson' || type === 'application/jsonl')
    return text(
      [value]
        .flat()
        .map((item: JsonValue) => `${JSON.stringify(item)}\n`)
        .join(''),
    )
  if (type.startsWith('text/') || (typeof value === 'string' && !isBinary(type)))
    return text(typeof value === 'string' ? value : JSON.stringify(value))
  return isBinary(type) ? { body: '', content: 'bytes' } : text(JSON.stringify(value))
}

function text(body: string): Written {
  return { body, content: 'text' }
}

function isBinary(type: string): boolean {
  return (
    /^(?:image|audio|video|font)\/(?!svg)/.test(type) ||
    /^application\/(?:octet-stream|pdf|zip|gzip|x-tar|vnd\.)/.test(type)
  )
}

// A list is one event for each item.
function toEvents(value: JsonValue): string {
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [value]
  return items.map((item) => `${toEvent(item)}\n\n`).join('')
}

const EVENT_FIELDS = new Set(['event', 'data', 'id', 'retry'])

// An object with the fields of an event is that event. Any other value is its data.
function toEvent(item: JsonValue): string {
  const isEvent =
    isObject(item) && item['data'] !== undefined && Object.keys(item).every((key) => EVENT_FIELDS.has(key))
  const fields = isEvent ? Object.entries(item) : [['data', item] as const]
  return fields
    .flatMap(([name, field]) =>
      toText(field)
        .split('\n')
        .map((line) => `${name}: ${line}`),
    )
    .join('\n')
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
