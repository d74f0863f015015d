import { expect, test } from 'vitest'
import { type ChatAnswer, UNANSWERED, withEvent } from '../../src/page/chat-answer.ts'
import type { ChatEvent } from '../../src/page/chat-client.ts'
import { picturesIn } from '../../src/page/pictures-in.ts'

const NAME = '1WyJtb2RlbCJdf8e51e29'
const FILE = '56aec6c201ad365b2bdd79decc058b.png'
const PATH = `/cdn/${NAME}/${FILE}`
const HOST = 'http://127.0.0.1:4010'
const DATA = 'data:image/png;base64,iVBORw0KGgo='

const head = (status: number, headers = {}): ChatEvent => ({
  kind: 'head',
  at: 5,
  status,
  headers: new Headers(headers),
})
const event = (data: unknown, at = 10): ChatEvent => ({ kind: 'event', at, data: JSON.stringify(data) })
const delta = (value: object, finish: string | null = null): unknown => ({
  choices: [{ index: 0, delta: value, finish_reason: finish }],
})
const answerOf = (...events: ChatEvent[]): ChatAnswer => events.reduce(withEvent, UNANSWERED)

test.each([
  ['a link', `![fox](${HOST}${PATH})`, [PATH]],
  ['a link with another host', `https://mock.example/below${PATH}`, [PATH]],
  ['a link below the control API', `${HOST}/__mock${PATH}`, [`/__mock${PATH}`]],
  [
    'the same picture three times',
    `${HOST}/raw/${NAME}/${FILE} ${HOST}${PATH} ${HOST}/cdn/download/${NAME}/${FILE}`,
    [`/raw/${NAME}/${FILE}`],
  ],
  ['a data URI', `![fox](${DATA})`, [DATA]],
  ['a link that has not arrived completely', `![fox](${HOST}${PATH.slice(0, -2)}`, []],
  ['a data URI that may go on', `![fox](${DATA}`, []],
  ['a picture of another server', 'https://evil.example/cat.png http://evil.example/cdn/cat.png', []],
  ['a preview', `${HOST}/web/task_1/${NAME}`, []],
  ['other data', 'data:text/html;base64,PGI+ data:image/svg+xml;base64,PHN2Zz4=)', []],
])('%s', (_title, text, expected) => {
  expect(picturesIn(text)).toEqual(expected)
})

test('a stream grows event by event', () => {
  const before = answerOf(head(200, { 'x-request-id': 'abc', 'x-mock-note': 'n=2' }), event(delta({ content: 'A ' })))
  expect(before).toMatchObject({
    state: 'receiving',
    status: 200,
    requestId: 'abc',
    note: 'n=2',
    firstByte: 5,
    duration: undefined,
    text: 'A ',
    pictures: [],
    frames: [{ at: 10, kind: 'event', summary: '{"content":"A "}' }],
  })
  const after = [
    event(delta({ content: `![](${HOST}/cdn/${NAME}/` }), 20),
    event(delta({ content: `${FILE})` }), 30),
    { kind: 'comment', at: 40, data: 'PING' } as const,
    event(delta({}, 'stop'), 50),
    { kind: 'event', at: 50, data: '[DONE]' } as const,
    { kind: 'end', at: 60 } as const,
  ].reduce(withEvent, before)
  expect(after).toMatchObject({ state: 'complete', duration: 60, text: `A ![](${HOST}${PATH})`, pictures: [PATH] })
  expect(after.frames.slice(3).map(({ kind, summary }) => [kind, summary])).toEqual([
    ['comment', 'PING'],
    ['event', '{"finish_reason":"stop"}'],
    ['event', '[DONE]'],
  ])
})

test('a summary that is cut ends with an ellipsis', () => {
  const whole = withEvent(UNANSWERED, { kind: 'event', at: 1, data: 'a'.repeat(300) })
  const long = withEvent(UNANSWERED, { kind: 'event', at: 1, data: 'a'.repeat(301) })
  expect([whole, long].map(({ frames }) => frames[0]?.summary)).toEqual(['a'.repeat(300), `${'a'.repeat(300)}…`])
})

test('pictures are also in the images of a delta and of a message', () => {
  const images = [
    { type: 'image_url', image_url: { url: DATA } },
    { type: 'image_url', image_url: { url: HOST + PATH } },
  ]
  expect(answerOf(head(200), event(delta({ images }))).pictures).toEqual([DATA, PATH])
  const text = JSON.stringify({ choices: [{ message: { content: 'A fox', images } }] })
  expect(answerOf(head(200), { kind: 'body', at: 9, text })).toMatchObject({
    text: 'A fox',
    pictures: [DATA, PATH],
    body: text,
  })
})

test.each([
  ['an error as the body', { kind: 'body', at: 9, text: '{"error":{"message":"Wait","code":"limit"}}' }, 'limit: Wait'],
  ['an error as an event', event({ error: { message: 'Died', code: null } }), 'Died'],
  ['an error in a delta', event(delta({ error: { message: 'Failed' } })), 'Failed'],
  ['a connection that fails', { kind: 'failed', at: 9, reason: 'network error' }, 'network error'],
  ['a page', { kind: 'body', at: 9, text: '<html>Bad gateway</html>' }, undefined],
] satisfies [string, ChatEvent, string | undefined][])('%s', (_title, received, error) => {
  expect(answerOf(head(500), received).error).toBe(error)
})

test.each([
  ['incomplete JSON', '{"choices":[{"del'],
  ['no object', '7'],
  ['choices that are no list', '{"choices":{"0":1}}'],
  ['choices that are no objects', '{"choices":[null,"x"]}'],
  ['a delta that is no object', '{"choices":[{"delta":"x"}]}'],
])('an event with %s changes nothing but the frames', (_title, data) => {
  const { frames, ...rest } = answerOf(head(200), { kind: 'event', at: 9, data })
  const { frames: none, ...before } = answerOf(head(200))
  expect([frames.length, none.length, rest]).toEqual([1, 0, before])
})
