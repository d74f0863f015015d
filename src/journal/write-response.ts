import { parseJson } from '../util/json.ts'
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { isJsonType } from '../openapi/operation.ts'
import { type Reply, isStream } from '../util/reply.ts'
import { redactCut, redactNamed, sensitivityOf } from './credentials.ts'
import { type ExchangeHead } from './exchange.ts'
import { textOf } from './exchange-size.ts'
import { picturesIn } from './recorded-pictures.ts'
import type { Limits, Redactor } from './redact.ts'
import { eventAt, streamTimes } from './stream-times.ts'
import type { RequestHead } from './write-exchange.ts'

const MAX_STREAM = 100_000 // characters
/** The share of all characters that the paths of pictures may have: one of so many. */
const SHARE = 4
const MAX_PLAIN = 8192 // characters; a longer JSON response is parsed and cut

/** Redacts and cuts headers. Their names are in lower case. */
export function writeHeaders(
  headers: RequestHead['headers'],
  redactor: Redactor,
  { values }: Limits,
): Record<string, string> {
  const kept: Record<string, string> = {}
  let left = values
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || left-- <= 0) continue
    const text = textOf(value)
    const open = sensitivityOf(name) === 'open' ? text : redactNamed(name, text)
    const whole = name === 'x-mock-note' ? redactCut(open) : open
    kept[redactor.text(name.toLowerCase(), 200)] = redactor.text(whole, 4000)
  }
  return kept
}

interface WrittenResponse extends Pick<ExchangeHead, 'response' | 'pictures'> {
  readonly text: string
}

interface Writing {
  readonly limits: Limits
  /** Prefix of the paths of pictures. */
  readonly prefix: string
  readonly isChat: boolean
  /** Whether no scenario changed the response. */
  readonly isOwn: boolean
}

/** Redacts and cuts a response. The redactor must have searched its request. The frames of a stream are a list. */
export function writeResponse(reply: Reply, redactor: Redactor, writing: Writing): WrittenResponse {
  const { limits, prefix, isChat, isOwn } = writing
  const { status, headers, body, wait = 0, drawn = [] } = reply
  const frames = isStream(body) ? [...body] : []
  const { isJson, text } = writeBody(reply, redactor, isOwn)
  const isEvents = isStream(body) && headers['content-type']?.startsWith('text/event-stream') === true
  const times = isEvents ? streamTimes(frames, wait) : undefined
  const response = {
    status,
    headers: writeHeaders(headers, redactor, limits),
    stream: isStream(body),
    wait: Math.round(frames.reduce((sum, frame) => sum + frame.wait, wait)),
    ...(times === undefined ? {} : { events: times.times }),
    reset: frames.at(-1)?.isReset === true,
    isJson,
  }
  const pictures =
    !isChat || redactor.hasFound
      ? []
      : picturesIn(times?.bytes ?? toText(body), {
          drawn,
          prefix,
          eventOf: (index) => (times === undefined ? {} : eventAt(times, index)),
          room: limits.characters / SHARE,
        })
  return { response, pictures, text }
}

// A character may be split between two frames of bytes.
function textIn(parts: readonly (string | Uint8Array)[]): string {
  if (parts.every((part) => typeof part === 'string')) return parts.join('').toWellFormed()
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))).toString('utf8')
}

function toText(body: Reply['body']): string {
  if (isStream(body)) return textIn(Array.from(body, ({ data }) => data))
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
}

interface WrittenBody {
  readonly text: string
  readonly isJson: boolean
}

function asText(text: string): WrittenBody {
  return { text, isJson: false }
}

// Without a scenario, a response can contain a credential only if its request does. So it is not searched if the
// request has none, and not kept if the request has one: styles split a prompt, change it and write it into links.
function writeBody({ body, headers }: Reply, redactor: Redactor, isOwn: boolean): WrittenBody {
  const type = headers['content-type'] ?? ''
  if (redactor.hasFound)
    return asText(
      `[not recorded: the request contains a credential or a data URI, and the response may repeat it; ${type}]`,
    )
  const isPlain = (text: string): boolean => isOwn && !text.includes('base64,')
  if (isStream(body)) {
    const text = toText(body)
    return asText(isPlain(text) ? redactor.plain(text, MAX_STREAM) : redactor.answer(text, MAX_STREAM))
  }
  if (typeof body !== 'string' && (type.startsWith('image/') || !isUtf8(body)))
    return asText(`[${type}, sha256 ${hash('sha256', body, 'hex').slice(0, 16)}, ${body.length} bytes]`)
  const text = toText(body)
  if (text.length <= MAX_PLAIN && isPlain(text)) return { isJson: isJsonType(type), text: redactor.plain(text) }
  const value = isJsonType(type) ? parseJson(text) : undefined
  return value === undefined
    ? asText(redactor.answer(text))
    : { isJson: true, text: JSON.stringify(redactor.value(value, 'answer')) }
}
