import { expect, test } from 'vitest'
import { readPlaceholder } from '../../src/images/read-placeholder.ts'
import { startMock } from '../../src/mock/create-mock.ts'
import type { Mock } from '../../src/mock/session.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

// A request whose response `ask` does not accept.
async function post(mock: Mock, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return mock.fetch('/v1/chat/completions', { method: 'POST', headers, body: JSON.stringify(body) })
}

const PACED = { pace: 'real' as const, timer: async () => {} }

test('a recorded stream has the planned time of each event', async () => {
  const waits: number[] = []
  const mock = await mockWith({ pace: 'real', timer: async (ms) => void waits.push(ms) })
  const { text } = await ask(mock, { model: 'gpt-4o-image', body: { stream: true } })
  const [{ response } = {}] = await mock.exchanges()
  const { events = [], wait } = response!
  expect(events).toHaveLength(text.split('\n\n').length - 1)
  expect(events).toEqual(events.toSorted((a, b) => a - b))
  expect(events[0]).toBe(Math.round(waits[0]!))
  expect(events.at(-1)).toBe(wait)
  expect(Math.abs(waits.reduce((sum, ms) => sum + ms, 0) - wait)).toBeLessThan(2)
  expect(response?.reset).toBe(false)
})

test('an event that is sent byte by byte has the time of its last byte', async () => {
  const mock = await mockWith(PACED)
  await ask(mock, { body: { stream: true } })
  await ask(mock, { body: { stream: true }, headers: { 'x-mock-scenario': 'stream-bytes' } })
  const [whole, bytes] = await mock.exchanges()
  expect(bytes?.response.events).toEqual(whole?.response.events)
})

test('a recorded stream shows a pause, an incomplete event and a reset', async () => {
  const mock = await mockWith({ timer: async () => {} })
  const stream = [
    { at: 'picture', pause: 30 },
    { at: 'finish', raw: 'data: {"half' },
    { at: 'finish', end: 'reset' },
  ] as const
  await mock.script({ then: { stream } })
  const body = { model: 'nano-banana', stream: true, messages: [{ role: 'user', content: 'a fox' }] }
  await expect((await post(mock, body)).text()).rejects.toThrow('terminated')
  const [{ response } = {}] = await mock.exchanges()
  expect(response).toMatchObject({ reset: true, events: [0, 30_000], wait: 30_000 })
  expect(response?.text).toMatch(/data: \{"half$/)
})

test('only a stream of events has times, and at most 1,000', async () => {
  const mock = await mockWith({ pace: 1000, timer: async () => {} })
  await ask(mock)
  await ask(mock, { body: { stream: true }, model: 'gpt-4o-image' })
  const [json, stream] = await mock.exchanges()
  expect(json?.response).not.toHaveProperty('events')
  expect(stream?.response.events).toHaveLength(1000)
})

test('the pictures of a response are those that a client finds, with the event of each', async () => {
  const mock = await mockWith()
  const body = { n: 3, size: '1024x1536' }
  const { content } = await ask(mock, { model: 'gpt-4o-image', body, text: 'a red fox' })
  const { text } = await ask(mock, { model: 'gpt-4o-image', body: { ...body, stream: true }, text: 'a red fox' })
  const [json, stream] = await mock.exchanges()
  const links = [...new Set(picturesIn(content))]
  expect(links).toHaveLength(3)
  expect(json?.pictures).toEqual(
    links.map((link) => {
      const { pathname } = new URL(link)
      return { path: pathname, width: 1024, height: 1536, format: 'png', label: 'a red fox', inline: false }
    }),
  )
  const events = text.split('\n\n')
  expect(stream?.pictures).toHaveLength(3)
  for (const { path, event } of stream?.pictures ?? []) expect(events[event!]).toContain(path.split('/')[2])
})

test('a picture that is sent as bytes has a path too', async () => {
  const mock = await mockWith()
  await mock.script([{ then: { style: 'data-uri', count: 2 } }, { then: { style: 'images-field' } }])
  await ask(mock, { text: 'a fox', body: { stream: true } })
  await ask(mock, { text: 'a fox' })
  const [stream, json] = await mock.exchanges()
  expect(stream?.pictures).toMatchObject([
    { inline: true, event: 1 },
    { inline: true, event: 2 },
  ])
  expect(json?.pictures).toMatchObject([{ inline: true, label: 'a fox' }])
  for (const { path } of [...(stream?.pictures ?? []), ...(json?.pictures ?? [])]) {
    const response = await mock.fetch(path)
    expect(response.status).toBe(200)
    expect(readPlaceholder(await response.arrayBuffer())?.label).toBe('a fox')
  }
})

test('a response has no pictures that it only mentions, that it does not contain, or that are cut', async () => {
  const mock = await mockWith()
  const { content } = await ask(mock, { model: 'flux' })
  const [link] = picturesIn(content)
  await ask(mock, { model: 'flux', text: `not ${link} but a cat`, body: { n: 2 } })
  await mock.script([
    { then: { say: 'I cannot draw that.' } },
    { then: { error: 'rate_limited' } },
    { then: { style: 'data-uri', stream: [{ at: 'start', end: 'close' }] } },
  ])
  for (const _ of [1, 2]) await ask(mock, { model: 'flux' })
  await post(mock, { model: 'flux', messages: [{ role: 'user', content: 'a fox' }] })
  const [, mentioned, ...none] = await mock.exchanges()
  const label = expect.stringMatching(/^not http/)
  expect(mentioned?.pictures).toEqual([expect.objectContaining({ label }), expect.objectContaining({ label })])
  expect(none.map(({ pictures }) => pictures)).toEqual([[], [], []])
})

test('at most 50 pictures of a response are recorded, each once', async () => {
  const mock = await mockWith()
  const links = []
  for (const text of ['a', 'b', 'c', 'd'])
    links.push(...picturesIn((await ask(mock, { text, body: { n: 15 } })).content))
  const all = [...new Set(links)]
  expect(all).toHaveLength(60)
  await mock.script({ then: { say: [...all, ...all].join('\n') } })
  await ask(mock)
  const { pictures } = (await mock.exchanges({ limit: 1 }))[0]!
  expect(pictures.map(({ path }) => path)).toEqual(all.slice(0, 50).map((link) => new URL(link).pathname))
})

test('an exchange with a credential in its prompt shows no picture, because a picture contains its prompt', async () => {
  const mock = await mockWith()
  await ask(mock, { text: 'a fox sk-abcdefghijklmnop' })
  expect((await mock.exchanges())[0]).toMatchObject({ pictures: [] })
})

test('firstByte is measured: between the headers of the request and the end of the response', async () => {
  await using mock = await startMock({ timer: async (ms) => new Promise((resolve) => setTimeout(resolve, ms / 100)) })
  await mock.script({ then: { wait: 2, stream: [{ at: 'finish', pause: 5 }] } })
  await ask(mock, { body: { stream: true } })
  const [{ firstByte, duration } = {}] = await mock.exchanges()
  expect(firstByte).toBeGreaterThanOrEqual(19)
  expect(duration).toBeGreaterThanOrEqual(firstByte! + 49)
})

test('a response without a byte has no firstByte', async () => {
  await using mock = await startMock()
  await mock.script({ then: { reset: true } })
  await expect(ask(mock)).rejects.toThrow('fetch failed')
  expect((await mock.exchanges())[0]).toMatchObject({ firstByte: undefined, duration: expect.any(Number) })
})

const SCHEMA = '/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema'

test('a violation has the place of its rule in the contract and a hint', async () => {
  const mock = await mockWith({ contract: 'strict' })
  const contract: any = await (await mock.fetch('/openapi.json')).json()
  const at = (pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .reduce((value, key) => value[key.replaceAll('~1', '/')], contract)
  const messages = [{ role: 5, content: [{ type: 'image_url', image_url: 4 }] }]
  await ask(mock, { body: { model: 'flx', n: 0, messages, steam: true } })
  await post(mock, { messages: [{ role: 'user', content: 'a fox' }] })
  const [wrong, missing] = await mock.exchanges({ path: '/v1/*' })
  const rules = [...(wrong?.violations ?? []), ...(missing?.violations ?? [])]
  expect(rules.map(({ param, pointer, hint }) => [param, pointer, hint])).toEqual([
    ['model', `${SCHEMA}/properties/model`, expect.stringMatching(/^Did you mean flux\? Use '/)],
    ['messages[0].role', `${SCHEMA}/properties/messages/items/properties/role/type`, 'Use a string.'],
    [
      'messages[0].content[0].image_url',
      '/components/schemas/Part/anyOf/2/properties/image_url',
      expect.stringMatching(/^Use a string \(pattern .*\) or an object\.$/),
    ],
    ['n', `${SCHEMA}/properties/n`, expect.stringMatching(/^Use an integer \(at least 1.*\) or null/)],
    ['steam', `${SCHEMA}/properties`, "Remove 'steam'. Did you mean stream?"],
    ['model', `${SCHEMA}/required`, expect.stringMatching(/^Add 'model': '/)],
  ])
  for (const { pointer } of rules) expect(at(pointer!), pointer).toBeDefined()
})
