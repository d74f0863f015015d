import { expect, onTestFinished } from 'vitest'
import type { JsonObject } from '../src/util/json.ts'
import { createMock } from '../src/index.ts'
import type { Mock, MockOptions } from '../src/index.ts'

/** The main parts of a chat request. */
export interface ChatOptions {
  readonly model?: string
  readonly text?: string
  readonly body?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/** A response that was read to its end. */
export interface ReadResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined for a stream. */
  readonly json: any
  /** The chunks of a stream. */
  readonly chunks: any[]
  /** The complete text of the assistant. */
  readonly content: string
}

/** Sends a chat request. Checks what all responses have in common: ids, version, and the error envelope. */
export async function ask(
  mock: Pick<Mock, 'fetch' | 'baseURL'>,
  { model = 'gpt-4o-image', text = '画只猫', body = {}, headers = {} }: ChatOptions = {},
): Promise<ReadResponse> {
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: text }], ...body }),
  })
  return read(response)
}

/** Reads a response as `ask` does. */
export async function read(response: Response): Promise<ReadResponse> {
  const text = await response.text()
  const { status, headers } = response
  expect(headers.get('x-request-id'), 'every response has a request id').toMatch(/^\d{15,23}\w{8}(?:\w{8})?$/)
  expect(headers.get('x-oneapi-request-id')).toBe(headers.get('x-request-id'))
  expect(headers.get('x-mock-version')).toMatch(/^\d+\.\d+\.\d+$/)
  if (headers.get('content-type') === 'text/event-stream') {
    const chunks = toChunks(text)
    return {
      status,
      headers,
      text,
      json: undefined,
      chunks,
      content: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
    }
  }
  const json =
    headers.get('content-type')?.startsWith('application/json') === true && text !== '' ? JSON.parse(text) : undefined
  if (status >= 400) expectEnvelope(json, text)
  return { status, headers, text, json, chunks: [], content: json?.choices?.[0]?.message?.content ?? '' }
}

/** Expects the error envelope of OpenAI's API. */
export function expectEnvelope(json: any, text = JSON.stringify(json)): void {
  expect(Object.keys(json?.error ?? {}), `not the error envelope: ${text.slice(0, 300)}`).toEqual([
    'message',
    'type',
    'param',
    'code',
  ])
  expect(json.error.message).toMatch(/\S/)
}

/** The chunks of an event stream, which must have the exact format of the gateway. Keep-alive comments are ignored. */
export function toChunks(text: string): any[] {
  const events = text.split('\n\n')
  expect(events.pop(), 'a stream ends with an empty line').toBe('')
  expect(events.pop(), 'a stream ends with [DONE]').toBe('data: [DONE]')
  return events
    .filter((event) => event !== ': PING')
    .map((event) => {
      expect(event, 'an event is one line').toMatch(/^data: \{[^\n]*\}$/)
      return JSON.parse(event.slice('data: '.length))
    })
}

/** The picture links in a completion, by the pattern that most clients use. */
export function picturesIn(content: string): string[] {
  return [...content.matchAll(/!\[.*?\]\((https?:\/\/[^\s)]+\.(?:png|jpg|webp))\)/g)].map((match) => match[1] ?? '')
}

/** A mock that is closed after the test. An internal error fails the test, unless the options have onFault. */
export async function mockWith(options: MockOptions = {}): Promise<Mock> {
  const faults: unknown[] = []
  const mock = await createMock({ onFault: (error) => faults.push(error), ...options })
  onTestFinished(async () => {
    await mock.close()
    expect(faults, 'internal errors of the mock').toEqual([])
  })
  return mock
}
