import { stripVTControlCharacters } from 'node:util'
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
  stream: undefined,
  size: undefined,
  prompt: undefined,
  scenario: undefined,
  violations: 0,
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
  ['error', 'a 5xx without a scenario', { status: 503 }],
  ['info', 'a 5xx of a scenario', { status: 503, scenario: 'proxy-502', note: 'scenario proxy-502 (script)' }],
  ['warn', 'a 4xx without a scenario', { status: 404 }],
  ['info', 'a 4xx of a scenario', { status: 429, scenario: 'limit-rate' }],
  ['warn', 'a response with a note', { note: 'nearest is 1024x1024' }],
  ['info', 'any other response', {}],
  ['debug', 'a probe', { path: '/__mock/readyz' }],
  ['debug', 'a probe of a mock that is not ready', { path: '/__mock/readyz', status: 503 }],
  ['debug', 'a scrape', { path: '/__mock/metrics' }],
  ['warn', 'a rejected scrape', { path: '/__mock/metrics', status: 403 }],
  ['debug', 'a file of the page', { path: '/__mock/page/page.js' }],
  ['debug', 'the event stream', { path: '/__mock/events' }],
  ['warn', 'a rejected event stream', { path: '/__mock/events', status: 401 }],
  ['info', 'the control API', { path: '/__mock/exchanges' }],
])('%s: %s %j', (level, _what, exchange) => {
  const levels = ['error', 'warn', 'info', 'debug'] as const
  const [line = '{}'] = linesOf({ form: 'json', level: 'debug' }, exchange)
  expect(JSON.parse(line).level).toBe(level)
  const logged = levels.filter((least) => linesOf({ form: 'pretty', level: least }, exchange).length === 1)
  expect(logged, 'it is logged at its own level and at the lower ones').toEqual(
    levels.slice(levels.findIndex((one) => one === level)),
  )
})

test('a line of JSON has all that is known of a request, and a path of readable length', () => {
  const path = `/cdn/${'a'.repeat(500)}/b.png`
  const [bare = '', whole = ''] = linesOf(
    { form: 'json', level: 'info' },
    { path },
    {
      method: 'POST',
      status: 429,
      session: 'alice',
      model: 'm',
      stream: true,
      size: '1536x1024',
      prompt: 'a fox',
      scenario: 'limit-rate',
      violations: 2,
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
    stream: true,
    size: '1536x1024',
    prompt: 'a fox',
    scenario: 'limit-rate',
    violations: 2,
    note: 'scenario limit-rate (script)',
    error: 'Too many',
  })
})

test('a reload lists the first ten files that changed', () => {
  const write = (style: LogStyle, files: readonly string[]): string[] => {
    const lines: string[] = []
    createLog(
      style,
      (line) => lines.push(line),
      () => AT,
    ).reload(files)
    return lines
  }
  const files = Array.from({ length: 12 }, (_, n) => `f${n}.yaml`)
  expect(write({ form: 'pretty', level: 'info' }, ['mocks/a\n.yaml', 'b.yaml'])).toEqual([
    '03:04:05 reloaded after a change of mocks/a?.yaml, b.yaml',
  ])
  expect(write({ form: 'pretty', level: 'info' }, files)).toEqual([
    `03:04:05 reloaded after a change of ${files.slice(0, 10).join(', ')} and 2 more`,
  ])
  expect(write({ form: 'json', level: 'info' }, files).map((line) => JSON.parse(line))).toEqual([
    { time: '2026-01-02T03:04:05.678Z', level: 'info', msg: 'reloaded', files: files.slice(0, 10), changed: 12 },
  ])
  for (const style of [
    { form: 'json', level: 'warn' },
    { form: 'silent', level: 'debug' },
  ] as const)
    expect(write(style, files)).toEqual([])
})

const CHAT: Partial<RequestLogEntry> = {
  method: 'POST',
  path: '/v1/chat/completions',
  duration: 8,
  model: 'gpt-4o-image',
  stream: true,
  size: '1536x1024',
  prompt: 'a red fox in the snow',
}
const prettyOf = (...entries: readonly Partial<RequestLogEntry>[]): string[] =>
  linesOf({ form: 'pretty', level: 'info' }, ...entries).map((line) => line.replace('03:04:05 ', ''))

test.each<[what: string, entry: Partial<RequestLogEntry>, line: string]>([
  ['a stream', {}, '200 POST /v1/chat/completions gpt-4o-image stream 1536x1024 "a red fox in the snow" 8 ms'],
  [
    'a response in one piece',
    { stream: false },
    '200 POST /v1/chat/completions gpt-4o-image 1536x1024 "a red fox in the snow" 8 ms',
  ],
  [
    'a session by name, a scenario and violations',
    { session: 'alice', scenario: 'slow-start', violations: 2 },
    '200 POST /v1/chat/completions gpt-4o-image stream 1536x1024 "a red fox in the snow" 8 ms session alice scenario slow-start 2 violations',
  ],
  [
    'a session of a key, which has only a digest',
    { session: 'key-0123456789abcdef', violations: 1 },
    '200 POST /v1/chat/completions gpt-4o-image stream 1536x1024 "a red fox in the snow" 8 ms 1 violation',
  ],
  [
    'a scenario that the note names',
    { status: 429, scenario: 'limit-rate', note: 'scenario limit-rate (script)' },
    '429 POST /v1/chat/completions gpt-4o-image stream 1536x1024 "a red fox in the snow" 8 ms (scenario limit-rate (script))',
  ],
  [
    'an error that the note repeats',
    { status: 404, model: '', size: '', prompt: '', stream: false, note: 'Keine Gr??e', error: 'Keine Größe' },
    '404 POST /v1/chat/completions "" 8 ms (Keine Gr??e)',
  ],
])('a pretty line shows each fact once: %s', (_what, entry, line) => {
  expect(prettyOf({ ...CHAT, ...entry })).toEqual([line])
})

test('a pretty line is one line, even if the request contains control characters', () => {
  expect(
    linesOf(
      { form: 'pretty', level: 'info' },
      { path: '/a\nb\u001b[31m', status: 404, note: 'n', error: 'no\nsuch', hungUp: true },
    ),
  ).toEqual(['03:04:05 404 GET /a?b?[31m 1.3 ms (client disconnected) (n): no?such'])
  expect(prettyOf({ ...CHAT, prompt: 'a\u001b[31mb', model: 'c\nd' })[0]).toContain(' c?d stream 1536x1024 "a?[31mb" ')
})

test('colours do not change the text of a pretty line', () => {
  const entries = [CHAT, { status: 404, error: 'no' }, { status: 500, note: 'n' }]
  const colored = linesOf({ form: 'pretty', level: 'info', isColored: true }, ...entries)
  expect(colored[0]).toContain('\u001b[32m200\u001b[39m')
  expect(colored[1]).toContain('\u001b[33m404\u001b[39m')
  expect(colored[2]).toContain('\u001b[31m500\u001b[39m')
  expect(colored.map(stripVTControlCharacters)).toEqual(linesOf({ form: 'pretty', level: 'info' }, ...entries))
})

test('a stream that begins has a line without status and duration', () => {
  const startOf = (style: LogStyle): string[] => {
    const lines: string[] = []
    const { stream } = createLog(
      style,
      (line) => lines.push(line),
      () => AT,
    )
    stream(of({ ...CHAT, duration: 0 }))
    return lines
  }
  expect(startOf({ form: 'pretty', level: 'info' })).toEqual([
    '03:04:05 POST /v1/chat/completions gpt-4o-image stream 1536x1024 "a red fox in the snow" started',
  ])
  expect(startOf({ form: 'json', level: 'info' }).map((line) => JSON.parse(line))).toEqual([
    {
      time: '2026-01-02T03:04:05.678Z',
      level: 'info',
      msg: 'POST /v1/chat/completions started',
      requestId: 'id',
      method: 'POST',
      path: '/v1/chat/completions',
      model: 'gpt-4o-image',
      stream: true,
      size: '1536x1024',
      prompt: 'a red fox in the snow',
    },
  ])
  expect(startOf({ form: 'json', level: 'warn' })).toEqual([])
  expect(startOf({ form: 'silent', level: 'debug' })).toEqual([])
})

test('an entry has the start of the prompt in one line, without credentials and data URIs', async () => {
  const entries: RequestLogEntry[] = []
  await using mock = await mockWith({ onExchange: (entry) => entries.push(entry), contract: 'report' })
  const secret = 'sk-0123456789abcdef'
  await ask(mock, { text: 'a fox\n\tin\u001b[31m the snow, 3:2' })
  await ask(mock, { text: `${'x'.repeat(55)} ${secret} ${'y'.repeat(100)}` })
  await ask(mock, { text: `${'x'.repeat(40)} https://user:${'p'.repeat(40)}@host/` })
  await ask(mock, { text: `draw data:image/png;base64,${'QUJD'.repeat(50)}` })
  await mock.fetch(`${mock.baseURL}/models`)
  expect(entries.map(({ prompt }) => prompt)).toEqual([
    'a fox in [31m the snow, 3:2',
    `${'x'.repeat(55)} [red… (176 characters)`,
    `${'x'.repeat(40)} https://[redacted]@… (100 characters)`,
    expect.stringMatching(/^draw data:image\/png;base64,\[sha256/),
    undefined,
  ])
  expect(entries[0]).toMatchObject({ size: '1536x1024', stream: false, violations: 0 })
  expect(entries[4]).toMatchObject({ size: undefined, stream: undefined, violations: 0 })
  // Random digits and letters could match.
  const texts = entries.map((entry) => ({ ...entry, requestId: '', duration: 0 }))
  expect(JSON.stringify(texts)).not.toMatch(/0123|ppp|QUJD/)
})

test('other events have the same form; a silent log has only internal errors of the mock', () => {
  const eventsOf = (style: LogStyle): string[] => {
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
  expect(eventsOf({ form: 'pretty', level: 'info' })).toEqual([
    '03:04:05 ready',
    '03:04:05 broken\n  at once',
    '03:04:05 500 GET /v1/models 1.3 ms',
  ])
  expect(eventsOf({ form: 'pretty', level: 'error' })).toEqual([
    '03:04:05 broken\n  at once',
    '03:04:05 500 GET /v1/models 1.3 ms',
  ])
  expect(eventsOf({ form: 'silent', level: 'debug' })).toEqual(['03:04:05 broken\n  at once'])
  expect(eventsOf({ form: 'json', level: 'info' }).slice(0, 2)).toEqual([
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"ready","url":"http://mock"}',
    String.raw`{"time":"2026-01-02T03:04:05.678Z","level":"error","msg":"broken\n  at once"}`,
  ])
})

test('the lines of one turn of the event loop are written together; those of the last turn when the process ends', async () => {
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

test('drops lines while stderr is blocked, and then reports how many', async () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) > 0, writableLength: 1_048_577 }
  const { add, flush } = createLineBuffer(stream, (count) => add(`${count} dropped`))
  for (const line of ['a', 'b', 'c']) {
    add(line)
    flush()
  }
  expect(written).toEqual([])
  stream.writableLength = 1_048_576
  add('d')
  flush()
  flush()
  expect(written).toEqual(['d\n', '3 dropped\n'])
})

test('no line has a credential, wherever it is in the request', async () => {
  const key = 'sk-0123456789abcdef'
  const lines: string[] = []
  const log = createLog({ form: 'json', level: 'debug' }, (line) => lines.push(line))
  await using mock = await mockWith({ onExchange: log.request, contract: 'report' })
  await ask(mock, { headers: { authorization: `Bearer ${key}` } })
  await ask(mock, { headers: { 'x-mock-session': key } })
  await ask(mock, { model: key })
  await ask(mock, { model: `flux-${key}` })
  await ask(mock, { headers: { 'x-mock-scenario': key } })
  await ask(mock, { text: `my key is ${key}` })
  await mock.fetch(`${mock.url}/${key}?api_key=${key}`)
  expect(lines).toHaveLength(7)
  expect(lines.join('\n')).not.toContain('0123456789abcdef')
})

const INVISIBLE = '\u0085\u009b\u200b\u200f\u2028\u202e\u2066\ufeff'

test.each<[where: string, entry: Partial<RequestLogEntry>]>([
  ['the path', { path: `/a${INVISIBLE}` }],
  ['the model', { model: INVISIBLE }],
  ['the prompt', { prompt: INVISIBLE }],
  ['the note', { note: INVISIBLE }],
  ['the error', { error: INVISIBLE }],
])('no line has characters that change how a terminal shows it: in %s', (_where, entry) => {
  const [pretty = ''] = linesOf({ form: 'pretty', level: 'info' }, entry)
  const [json = ''] = linesOf({ form: 'json', level: 'info' }, entry)
  for (const character of INVISIBLE) expect(pretty + json).not.toContain(character)
  expect(pretty).toContain('????????')
  expect(JSON.parse(json), 'JSON keeps the value').toMatchObject(entry)
})

test('an emoji that is joined of several stays as it is', () => {
  expect(prettyOf({ ...CHAT, prompt: '👩‍🚀' })[0]).toContain('"👩‍🚀"')
})

test('an event cannot control the terminal, and keeps its lines', () => {
  const lines: string[] = []
  createLog({ form: 'pretty', level: 'info' }, (line) => lines.push(line)).event('warn', 'a\u001b[31m\nb\u202e')
  expect(lines[0]).toMatch(/ a\?\[31m\nb\?$/)
})
