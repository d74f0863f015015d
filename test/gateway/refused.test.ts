import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mock, startMock } from '../../src/index.ts'
import { sendRaw } from '../wire.ts'
import { type Generation, type Measured, type RefusedCase, GENERATIONS, REFUSED, withoutIds } from './data.ts'

const USUAL = { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a cat 1:1' }] }

/** Sends a request as it was recorded, byte by byte. */
async function ask(
  mock: Mock,
  { method = 'POST', path = '/v1/chat/completions', headers, body }: RefusedCase['request'],
) {
  const text = body === undefined ? undefined : typeof body === 'string' ? textOf(body) : JSON.stringify(body)
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(text === undefined ? [] : [`Content-Length: ${Buffer.byteLength(text)}`]),
  ]
  const { status, head, body: received } = await sendRaw(mock, `${lines.join('\r\n')}\r\n\r\n${text ?? ''}`)
  const fields = head.split('\r\n').slice(1)
  const values = new Map(fields.map((line) => [line.split(': ')[0]?.toLowerCase() ?? '', line.split(': ')[1] ?? '']))
  return { status, headers: values, body: received }
}

function textOf(body: string): string {
  if (body === 'usual') return JSON.stringify(USUAL)
  return body.startsWith('(a prompt') ? JSON.stringify(USUAL) : body
}

describe.each(GENERATIONS)('with --errors %s', (errors: Generation) => {
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock({ errors, apiKeys: ['sk-good'] })
  })
  afterAll(async () => mock.close())

  const cases = REFUSED.flatMap(({ name, request, [errors]: measured }) =>
    measured === null ? [] : ([[name, request, measured]] as const),
  )

  test.each<readonly [string, RefusedCase['request'], Measured]>(cases)('%s', async (_name, request, measured) => {
    const { status, headers, body } = await ask(mock, request)
    expect(status).toBe(measured.status)
    expect(headers.get('content-type')).toBe(measured.type)
    for (const [name, value] of Object.entries(measured.headers ?? {})) expect(headers.get(name), name).toBe(value)
    if (!('Origin' in request.headers)) expect(headers.has('access-control-allow-origin')).toBe(false)
    expect(headers.has('x-new-api-version')).toBe(errors === 'gateway')
    const text = withoutIds(body)
    if (measured.begins === undefined) expect(withoutLimit(text)).toBe(withoutLimit(measured.body ?? ''))
    else expect(withoutModel(text).slice(0, measured.begins.length)).toBe(measured.begins)
  })
})

// The measured build had another limit.
function withoutLimit(text: string): string {
  return text.replace(/exceeds \d+ MB/, 'exceeds N MB')
}

// The first model of a list that the gateway does not know by itself.
function withoutModel(text: string): string {
  return text
    .replace(/^(\{"data":\[)\{"id":"dall-e-3".*?\},(?=\{"id":)/, '$1')
    .replace(/^(\{"data":\[\{"id":)"[^"]+"/, '$1"<model>"')
}
