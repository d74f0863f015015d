import { expect, onTestFinished } from 'vitest'
import type { JsonObject } from '../src/util/json.ts'
import { createMock } from '../src/index.ts'
import type { Mock, MockOptions } from '../src/index.ts'

/** A chat request in short. */
export interface Question {
  readonly model?: string
  readonly text?: string
  readonly body?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer, read. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined for a stream. */
  readonly json: any
  /** The chunks of a stream. */
  readonly chunks: any[]
  /** What the assistant said, whole. */
  readonly content: string
}

/** Asks a mock and checks what is true of every answer: ids and version, the error envelope, one choice, usage that adds up. */
export async function ask(
  mock: Pick<Mock, 'fetch' | 'baseURL'>,
  { model = 'gpt-4o-image', text = '画只猫', body = {}, headers = {} }: Question = {},
): Promise<Told> {
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: text }], ...body }),
  })
  return read(response)
}

/** Reads a response as `ask` does. */
export async function read(response: Response): Promise<Told> {
  const text = await response.text()
  const { status, headers } = response
  expect(headers.get('x-request-id'), 'every reply has a request id').toMatch(/^\d{23}\w{8}$/)
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

/** Every error has the envelope of OpenAI's API. */
export function expectEnvelope(json: any, text = JSON.stringify(json)): void {
  expect(Object.keys(json?.error ?? {}), `not the error envelope: ${text.slice(0, 300)}`).toEqual([
    'message',
    'type',
    'param',
    'code',
  ])
  expect(json.error.message).toMatch(/\S/)
}

/** The chunks of an event stream, whose every byte is as the gateway writes it; comments that keep it alive are passed over. */
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

/** The picture links of an answer, by the pattern that most clients use. */
export function picturesIn(content: string): string[] {
  return [...content.matchAll(/!\[.*?\]\((https?:\/\/[^\s)]+\.(?:png|jpg|webp))\)/g)].map((match) => match[1] ?? '')
}

/** A mock that is closed when the test is over. An internal error of the mock fails the test, unless the options have an onFault. */
export async function mockWith(options: MockOptions = {}): Promise<Mock> {
  const faults: unknown[] = []
  const mock = await createMock({ onFault: (error) => faults.push(error), ...options })
  onTestFinished(async () => {
    await mock.close()
    expect(faults, 'internal errors of the mock').toEqual([])
  })
  return mock
}
