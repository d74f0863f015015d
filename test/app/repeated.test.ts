import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createMock, startMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

test('a repeated request gets the same bytes as from a new mock', async () => {
  for (const body of [
    {},
    { stream: true },
    { stream: true, stream_options: { include_usage: true } },
    { model: 'nano-banana' },
  ]) {
    await using first = await createMock({ clock: 'fixed' })
    await using other = await createMock({ clock: 'fixed' })
    const texts = [await ask(first, { body }), await ask(first, { body }), await ask(other, { body })].map(
      ({ text }) => text,
    )
    expect(new Set(texts).size).toBe(1)
  }
})

test('a repeated request gets a new response if time, pace or script has changed', async () => {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(1_000_000)
  const waits: number[] = []
  await using mock = await createMock({ clock: 'real', timer: async (ms) => void waits.push(ms) })
  const first = await ask(mock)
  clock.mockReturnValue(1_001_000)
  expect((await ask(mock)).json.created).toBe(first.json.created + 1)
  await ask(mock, { headers: { 'x-mock-pace': 'real' } })
  expect(waits, 'waits at a real pace').not.toEqual([])
  const soFar = waits.length
  expect((await ask(mock)).content).toBe(first.content)
  expect(waits, 'no new wait').toHaveLength(soFar)
  await mock.script({ scenario: 'limit-rate' })
  expect((await ask(mock)).status).toBe(429)
  expect((await ask(mock)).content).toBe(first.content)
  clock.mockRestore()
})

test('the links of a repeated request begin with its own Host', async () => {
  await using mock = await startMock()
  const { port } = new URL(mock.url)
  for (const host of ['127.0.0.1', 'localhost', '127.0.0.1']) {
    const { content } = await ask({ fetch, baseURL: `http://${host}:${port}/v1` })
    expect(content).toContain(`http://${host}:${port}/cdn/`)
  }
})

test('a repeated request is validated and recorded each time', async () => {
  await using mock = await createMock({ contract: 'report' })
  const body = { model: 'flux', temperature: 'warm' }
  const notes = [await ask(mock, { body }), await ask(mock, { body }), await ask(mock, { body })].map(({ headers }) =>
    headers.get('x-mock-note'),
  )
  expect(notes).toEqual(Array.from({ length: 3 }, () => expect.stringContaining("Invalid type for 'temperature'")))
  const exchanges = await mock.exchanges()
  expect(exchanges.map(({ request, violations }) => [request.body, violations.length])).toEqual(
    Array.from({ length: 3 }, () => [expect.objectContaining(body), 1]),
  )
})

test('a client that changes the bytes does not affect the next response', async () => {
  await using mock = await createMock({ clock: 'fixed' })
  const chat = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"gpt-4o-image","messages":[{"role":"user","content":"A fox"}]}',
  }
  const fetchAndClear = async (url: string, init: RequestInit = {}): Promise<string> => {
    const response = await mock.fetch(url, init)
    const parts: string[] = []
    for await (const bytes of response.body!) {
      parts.push(Buffer.from(bytes).toString('latin1'))
      bytes.fill(0)
    }
    return parts.join('')
  }
  const first = await fetchAndClear('/v1/chat/completions', chat)
  expect(await fetchAndClear('/v1/chat/completions', chat)).toBe(first)
  const [link = ''] = /http:[^)]+\/cdn\/[^)]+\.png/.exec(first) ?? []
  expect(await fetchAndClear(link)).toBe(await fetchAndClear(link))
})

test('the same bytes as text/plain are not a chat request, also after a request with them as JSON', async () => {
  const spec = join(mkdtempSync(join(tmpdir(), 'repeated-')), 'openapi.json')
  const content = { 'application/json': { schema: { type: 'object' } }, 'text/plain': { schema: { type: 'string' } } }
  const post = {
    operationId: 'createChatCompletion',
    requestBody: { content },
    responses: { 200: { description: 'ok' } },
  }
  writeFileSync(
    spec,
    JSON.stringify({
      openapi: '3.0.3',
      info: { title: 'two', version: '1' },
      paths: { '/v1/chat/completions': { post } },
    }),
  )
  await using mock = await createMock({ spec })
  const statuses: number[] = []
  for (const type of ['text/plain', 'application/json', 'text/plain'])
    statuses.push((await ask(mock, { headers: { 'content-type': type } })).status)
  expect(statuses).toEqual([400, 200, 400])
})
