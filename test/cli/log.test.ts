import { expect, test } from 'vitest'
import type { LogStyle } from '../../src/cli/log.ts'
import { createLineBuffer, createLog } from '../../src/cli/log.ts'
import type { RequestLogEntry } from '../../src/app/settings.ts'
import { ask, mockWith } from '../ask.ts'

const AT = Date.parse('2026-01-02T03:04:05.678Z')
const of = (more: Partial<RequestLogEntry>): RequestLogEntry => ({
  method: 'GET',
  path: '/v1/models',
  status: 200,
  duration: 1.26,
  requestId: 'id',
  session: undefined,
  model: undefined,
  scenario: undefined,
  hungUp: false,
  note: undefined,
  error: undefined,
  ...more,
})

/** The lines that a log writes of some requests. */
function linesOf(style: LogStyle, ...exchanges: readonly Partial<RequestLogEntry>[]): string[] {
  const lines: string[] = []
  const { request } = createLog(
    style,
    (line) => lines.push(line),
    () => AT,
  )
  exchanges.forEach((more) => request(of(more)))
  return lines
}

test.each<[level: string, of: string, exchange: Partial<RequestLogEntry>]>([
  ['error', 'a 5xx that nobody asked for', { status: 503 }],
  ['info', 'one that a scenario is', { status: 503, scenario: 'proxy-502', note: 'scenario proxy-502 (script)' }],
  ['warn', 'a 4xx that nobody asked for', { status: 404 }],
  ['info', 'one that a scenario is', { status: 429, scenario: 'limit-rate' }],
  ['warn', 'an answer otherwise than asked', { note: 'nearest is 1024x1024' }],
  ['info', 'an answer', {}],
  ['debug', 'a probe', { path: '/__mock/readyz' }],
  ['debug', 'a probe that hears no', { path: '/__mock/readyz', status: 503 }],
  ['debug', 'a scrape', { path: '/__mock/metrics' }],
  ['warn', 'a scrape that is refused', { path: '/__mock/metrics', status: 403 }],
  ['info', 'the control API', { path: '/__mock/exchanges' }],
])('%s: %s %j', (level, _what, exchange) => {
  const levels = ['error', 'warn', 'info', 'debug'] as const
  const [line = '{}'] = linesOf({ form: 'json', level: 'debug' }, exchange)
  expect(JSON.parse(line).level).toBe(level)
  const logged = levels.filter((least) => linesOf({ form: 'pretty', level: least }, exchange).length === 1)
  expect(logged, 'it is logged at its own level and at those that say more').toEqual(
    levels.slice(levels.findIndex((one) => one === level)),
  )
})

test('a line of JSON has what is known of a request, and a path of a length that can be read', () => {
  const path = `/cdn/${'a'.repeat(500)}/b.png`
  const [bare = '', whole = ''] = linesOf(
    { form: 'json', level: 'info' },
    { path },
    {
      method: 'POST',
      status: 429,
      session: 'alice',
      model: 'm',
      scenario: 'limit-rate',
      hungUp: true,
      note: 'scenario limit-rate (script)',
      error: 'Too many',
    },
  )
  const short = `/cdn/${'a'.repeat(75)}...${'a'.repeat(30)}/b.png`
  expect(JSON.parse(bare)).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    msg: `GET ${short} 200`,
    requestId: 'id',
    method: 'GET',
    path: short,
    status: 200,
    duration: 1.3,
  })
  expect(JSON.parse(whole)).toEqual({
    time: '2026-01-02T03:04:05.678Z',
    level: 'info',
    msg: 'POST /v1/models 429',
    requestId: 'id',
    method: 'POST',
    path: '/v1/models',
    status: 429,
    duration: 1.3,
    hungUp: true,
    session: 'alice',
    model: 'm',
    scenario: 'limit-rate',
    note: 'scenario limit-rate (script)',
    error: 'Too many',
  })
})

test('a pretty line is one line, whatever the path has in it', () => {
  expect(
    linesOf(
      { form: 'pretty', level: 'info' },
      { path: '/a\nb\u001b[31m', status: 404, note: 'n', error: 'no\nsuch', hungUp: true },
    ),
  ).toEqual(['03:04:05 404 GET /a?b?[31m 1.3 ms (hung up) (n): no?such'])
})

test('what is told beside requests is a line of the same form; a silent log says only what went wrong with the mock itself', () => {
  const told = (style: LogStyle): string[] => {
    const lines: string[] = []
    const log = createLog(
      style,
      (line) => lines.push(line),
      () => AT,
    )
    log.event('info', 'ready', { url: 'http://mock' })
    log.event('error', 'broken\n  at once')
    log.request(of({ status: 500 }))
    return lines
  }
  expect(told({ form: 'pretty', level: 'info' })).toEqual([
    '03:04:05 ready',
    '03:04:05 broken\n  at once',
    '03:04:05 500 GET /v1/models 1.3 ms',
  ])
  expect(told({ form: 'pretty', level: 'error' })).toEqual([
    '03:04:05 broken\n  at once',
    '03:04:05 500 GET /v1/models 1.3 ms',
  ])
  expect(told({ form: 'silent', level: 'debug' })).toEqual(['03:04:05 broken\n  at once'])
  expect(told({ form: 'json', level: 'info' }).slice(0, 2)).toEqual([
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"ready","url":"http://mock"}',
    String.raw`{"time":"2026-01-02T03:04:05.678Z","level":"error","msg":"broken\n  at once"}`,
  ])
})

test('the lines of one turn of the event loop are written in one piece; those of the last turn when the process ends', async () => {
  const written: string[] = []
  const { add, flush } = createLineBuffer(
    { write: (text: string) => written.push(text) > 0, writableLength: 0 },
    () => {},
  )
  add('a')
  add('b')
  expect(written).toEqual([])
  await new Promise(setImmediate)
  expect(written).toEqual(['a\nb\n'])
  add('c')
  flush()
  flush()
  await new Promise(setImmediate)
  expect(written).toEqual(['a\nb\n', 'c\n'])
})

test('while nobody reads the log its lines are left out, and when somebody does he is told how many', async () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) > 0, writableLength: 1_048_577 }
  const { add, flush } = createLineBuffer(stream, (count) => add(`${count} left out`))
  for (const line of ['a', 'b', 'c']) {
    add(line)
    flush()
  }
  expect(written).toEqual([])
  stream.writableLength = 1_048_576
  add('d')
  flush()
  flush()
  expect(written).toEqual(['d\n', '3 left out\n'])
})

test('no line has a credential, wherever a client puts one', async () => {
  const key = 'sk-0123456789abcdef'
  const lines: string[] = []
  const log = createLog({ form: 'json', level: 'debug' }, (line) => lines.push(line))
  await using mock = await mockWith({ onExchange: log.request, contract: 'report' })
  await ask(mock, { headers: { authorization: `Bearer ${key}` } })
  await ask(mock, { headers: { 'x-mock-session': key } })
  await ask(mock, { model: key })
  await ask(mock, { model: `flux-${key}` })
  await ask(mock, { headers: { 'x-mock-scenario': key } })
  await mock.fetch(`${mock.url}/${key}?api_key=${key}`)
  expect(lines).toHaveLength(6)
  expect(lines.join('\n')).not.toContain('0123456789abcdef')
})
