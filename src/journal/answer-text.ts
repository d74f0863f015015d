import { type JsonValue, isObject } from '../util/json-value.ts'
import type { RecordedResponse } from './exchange.ts'

/** Maximum number of events of a stream that are read. */
const MAX_EVENTS = 20_000

/**
 * The text that a person reads in a response: what the assistant says, and the messages of errors. The deltas of a
 * stream are joined. Any other text is returned unchanged.
 */
export function answerText({ body, text = '' }: Pick<RecordedResponse, 'body' | 'text'>): string {
  if (body !== undefined) return textsIn(body).join('\n')
  const events = text.split('\n', MAX_EVENTS).flatMap((line) => (line.startsWith('data:') ? line.slice(5) : []))
  if (events.length === 0) return text
  let said = ''
  const others: string[] = []
  for (const event of events) {
    const value = parse(event)
    if (value === undefined) continue
    const deltas = choicesOf(value).map(({ delta }) => delta ?? null)
    for (const delta of deltas) if (isObject(delta)) said += wordsOf(delta).join('')
    if (deltas.length === 0) others.push(...textsIn(value))
  }
  return [said, ...others].join('\n')
}

function parse(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function choicesOf(value: JsonValue): { readonly delta?: JsonValue; readonly message?: JsonValue }[] {
  const choices = isObject(value) ? value['choices'] : undefined
  return Array.isArray(choices) ? choices.filter(isObject) : []
}

function textsIn(value: JsonValue): string[] {
  const messages = choicesOf(value).flatMap(({ message = null }) => (isObject(message) ? wordsOf(message) : []))
  const error = isObject(value) ? value['error'] : undefined
  const message = isObject(error) ? error['message'] : error
  return typeof message === 'string' ? [...messages, message] : messages
}

function wordsOf(message: Readonly<Record<string, JsonValue>>): string[] {
  return ['content', 'reasoning_content', 'error']
    .map((name) => message[name])
    .filter((word) => typeof word === 'string')
}
