import type { Exchange } from '../journal/exchange.ts'
import { type JsonObject, type JsonValue, isObject } from '../util/json-value.ts'

type Response = Exchange['response']
type Picture = Exchange['pictures'][number]

/** The journal does not keep a response that may repeat a credential. */
const NOT_RECORDED = '[not recorded: '

/** Whether the journal has the body of a response. */
export function isRecorded({ text }: Response): boolean {
  return text?.startsWith(NOT_RECORDED) !== true
}

/** The text of the assistant in a JSON response, its reasoning, and the message of an error. */
export interface AnswerText {
  readonly content: string
  readonly reasoning: string
  readonly error: string | undefined
}

/** Reads the body of a JSON response. */
export function readAnswer(body: Response['body']): AnswerText {
  const value = isObject(body) ? body : {}
  const messages = listOf(value['choices'])
    .map(({ message }) => message ?? null)
    .filter(isObject)
  const join = (name: string): string =>
    messages
      .map(({ [name]: text }) => (typeof text === 'string' ? text : ''))
      .filter((text) => text !== '')
      .join('\n\n')
  return { content: join('content'), reasoning: join('reasoning_content'), error: messageOf(value, messages) }
}

function messageOf(body: JsonObject, messages: readonly JsonObject[]): string | undefined {
  return [body, ...messages].map(({ error }) => errorText(error)).find((text) => text !== undefined)
}

/** The text of the member `error` of an answer. Undefined if it is not an error. */
export function errorText(error: JsonValue | undefined): string | undefined {
  if (typeof error === 'string') return error === '' ? undefined : error
  if (!isObject(error)) return undefined
  const { message } = error
  return typeof message === 'string' ? message : JSON.stringify(error)
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A link to the mock in a text. */
export interface AnswerLink {
  readonly label: string
  /** The mock's path. It begins with a slash. */
  readonly target: string
}

/** A part of a text: a text, a link, or a picture in place of its Markdown. */
export type AnswerPart = string | AnswerLink | Picture

const MARKDOWN = /(!?)\[([^[\]]*)\]\(([^()]*)\)/g
const MAX_LINK = 4096 // characters; those of the mock are shorter
// Any host, because --public-url may be another one than the page's. Only the path is used.
const OWN = /^https?:\/\/[^\s"'<>]*?(\/(?:__mock\/)?(?:cdn|raw|web|source)\/[\w./-]+)$/

/**
 * Replaces the Markdown of the mock's own pictures and links in a text. All other Markdown stays text, so that the page
 * loads nothing from elsewhere. `rest` are the pictures that the text does not show.
 */
export function splitAnswer(
  text: string,
  pictures: readonly Picture[],
): { readonly parts: AnswerPart[]; readonly rest: Picture[] } {
  const rest = [...pictures]
  const parts: AnswerPart[] = []
  let at = 0
  for (const { 0: markdown, 1: mark, 2: label = '', 3: url = '', index } of text.matchAll(MARKDOWN)) {
    const part = mark === '!' ? pictureAt(url, pictures, rest) : linkTo(url, label)
    if (part === undefined) continue
    if ('path' in part && rest.includes(part)) rest.splice(rest.indexOf(part), 1)
    parts.push(text.slice(at, index), part)
    at = index + markdown.length
  }
  return { parts: [...parts, text.slice(at)].filter((part) => part !== ''), rest }
}

function linkTo(url: string, label: string): AnswerLink | undefined {
  const target = url.length > MAX_LINK ? undefined : OWN.exec(url)?.[1]
  return target === undefined || label === '' ? undefined : { label, target }
}

// The journal replaces the bytes of a data URI, so that only their order tells which picture it is.
function pictureAt(url: string, pictures: readonly Picture[], unused: readonly Picture[]): Picture | undefined {
  const isInline = /^data:/i.test(url)
  return pictures.find(
    (picture) => picture.inline === isInline && (isInline ? unused.includes(picture) : url.endsWith(fileOf(picture))),
  )
}

// Its name is a checksum.
function fileOf({ path }: Picture): string {
  return path.slice(path.lastIndexOf('/'))
}
