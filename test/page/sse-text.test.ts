import { expect, test } from 'vitest'
import type { Exchange } from '../../src/index.ts'
import { countAt, faultsOf, isShortened, stallsIn, toFrames } from '../../src/page/sse-text.ts'
import { ask, mockWith } from '../ask.ts'

async function streamOf(scenario?: string, body: object = {}): Promise<Exchange> {
  await using mock = await mockWith()
  const headers: Record<string, string> = scenario === undefined ? {} : { 'x-mock-scenario': scenario }
  const response = await mock.fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: '画' }], stream: true, ...body }),
  })
  await response.text().catch(() => undefined)
  const [exchange] = await mock.exchanges()
  if (exchange === undefined) throw new Error('the journal is empty')
  return exchange
}
const framesOf = ({ response }: Exchange) => toFrames(response.text ?? '', response.events)
const faultsIn = (exchange: Exchange) =>
  faultsOf(framesOf(exchange), {
    text: exchange.response.text ?? '',
    isReset: exchange.response.reset,
    hungUp: exchange.hungUp,
  })

test('the events of a stream have the text of its answer, and a time each', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: '画一只猫', headers: { 'x-mock-pace': '0.001' }, body: { stream: true } })
  const [exchange] = await mock.exchanges()
  const frames = toFrames(exchange?.response.text ?? '', exchange?.response.events)
  expect(frames.map((frame) => frame.content).join('')).toBe(content)
  expect(frames.length).toBe(exchange?.response.events?.length)
  expect(frames.every(({ time }) => time !== undefined)).toBe(true)
  expect(frames.at(-1)).toMatchObject({ kind: 'done', raw: 'data: [DONE]' })
  expect(frames.filter(({ finish }) => finish !== undefined)).toMatchObject([{ finish: 'stop' }])
  expect(new Set(frames.map(({ kind }) => kind))).toEqual(new Set(['text', 'done']))
})

test.each([
  ['stream-comments', 'comment'],
  ['stream-error', 'error'],
  ['stream-event-error', 'error'],
  ['stream-failure', 'error'],
  ['stream-broken-json', 'other'],
])('%s has an event of the kind %s', async (scenario, kind) => {
  const exchange = await streamOf(scenario)
  const frames = framesOf(exchange)
  expect(frames.map((frame) => frame.kind)).toContain(kind)
  expect(frames.length).toBe(exchange.response.events?.length)
})

test.each(['stream-crlf', 'stream-tight', 'stream-bytes'])('%s has the same text as usual', async (scenario) => {
  const text = (exchange: Exchange): string =>
    framesOf(exchange)
      .map(({ content }) => content)
      .join('')
  const usual = text(await streamOf())
  expect(usual).toContain('![')
  expect(text(await streamOf(scenario))).toBe(usual)
})

test.each([
  ['answer-two-pictures', []],
  ['stream-no-done', ['noDone']],
  ['stream-no-end', ['noFinish', 'noDone']],
  ['stream-no-finish', ['noFinish']],
  ['stream-cut', ['noFinish', 'noDone']],
  ['stream-reset-middle', ['reset', 'noFinish', 'noDone']],
])('the end of %s has the faults %j', async (scenario, faults) => {
  expect(faultsIn(await streamOf(scenario))).toEqual(faults)
})

test('a client that disconnected is a fault, and a stream that is being sent has none', async () => {
  const exchange = await streamOf()
  expect(faultsIn({ ...exchange, hungUp: true })).toEqual(['hungUp'])
  expect(faultsIn({ ...exchange, hungUp: undefined, response: { ...exchange.response, text: 'data: {}' } })).toEqual([])
})

test('an incomplete event is the last one, and has no time', () => {
  const frames = toFrames('data: {}\n\ndata: {"choi', [3])
  expect(frames).toMatchObject([
    { kind: 'other', time: 3 },
    { kind: 'cut', raw: 'data: {"choi', time: undefined },
  ])
  expect(faultsOf(frames, { text: '', isReset: false, hungUp: false })).toContain('cut')
})

test('a stream that the journal has cut is not a faulty stream', () => {
  const text = `data: {}\n\ndata: {"a… (200000 characters)`
  expect(isShortened(text)).toBe(true)
  expect(toFrames(text, [0])).toHaveLength(1)
  expect(faultsOf(toFrames(text, [0]), { text, isReset: false, hungUp: false })).toEqual(['shortened'])
})

test('a pause of half a second is a stall, also before the first event', async () => {
  expect(stallsIn(framesOf(await streamOf('slow-middle')))).toMatchObject([{ milliseconds: 1000 }])
  const frames = toFrames('data: 1\n\ndata: 2\n\ndata: 3\n\n', [2000, 2499, 2999])
  expect(stallsIn(frames)).toEqual([
    { before: 0, milliseconds: 2000 },
    { before: 2, milliseconds: 500 },
  ])
})

test('countAt counts the events that are complete', () => {
  const frames = toFrames('data: 1\n\ndata: 2\n\ndata: 3', [10, 20])
  expect([0, 10, 19, 20, Infinity].map((time) => countAt(frames, time))).toEqual([0, 1, 1, 3, 3])
})

test('several lines of data, other choices and reasoning are read', () => {
  const [frame] = toFrames(
    'event: x\ndata: {"choices":[{"delta":{"content":"a","reasoning_content":"r"}},\ndata: {"delta":{"content":"b"}}]}\n\n',
  )
  expect(frame).toMatchObject({ kind: 'text', content: 'ab', reasoning: 'r' })
})
