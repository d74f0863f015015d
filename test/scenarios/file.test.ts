import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { loadScenarios } from '../../src/scenarios/load-fixtures.ts'
import { ask, mockWith } from '../ask.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

/** A folder with these files in scenarios/. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'scenarios-'))
  folders.push(folder)
  mkdirSync(join(folder, 'scenarios'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'scenarios', name), text)
  return folder
}

const saying = (text: string, when = ''): string =>
  `about: It says ${text}\n${when === '' ? '' : `when: ${when}\n`}then: { say: ${text} }\n`
const mockOf = async (files: Readonly<Record<string, string>>): Promise<Mock> => mockWith({ fixtures: folderOf(files) })
const problemsOf = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  const folder = folderOf(files)
  const error: unknown = await mockWith({ fixtures: folder }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'FileError' })
  return (error as Error).message.replaceAll(join(folder, 'scenarios/'), '').split('\n')
}

describe('an invalid file', () => {
  test.each<[what: string, text: string, ...problems: string[]]>([
    ['an empty file', '', 'x.yaml:1 must be an object with about and then; from and when are optional'],
    ['no then', 'about: x\n', 'x.yaml:1 then: must be an object; its keys are error, status, headers,'],
    ['no about', 'then: { wait: 1 }\n', 'x.yaml:1 about: must be a string'],
    [
      'an unknown key',
      'about: x\nthen: { wait: 1 }\nwhy: y\n',
      "x.yaml:3 unknown key 'why'; use about, from, when, then",
    ],
    ['an unknown key of then', 'about: x\nthen:\n  wiat: 1\n', "x.yaml:3 then: unknown key 'wiat'; use error, status,"],
    [
      'an unknown key of when',
      'about: x\nwhen:\n  modle: flux\nthen: { wait: 1 }\n',
      "x.yaml:3 when: unknown key 'modle'; use model, prompt, pattern, stream, references, nth",
    ],
    ['an empty then', 'about: x\nthen: {}\n', 'x.yaml:2 then: must have at least one key'],
    [
      'an unknown error',
      'about: x\nthen: { error: rate_limit }\n',
      "x.yaml:2 then.error: 'rate_limit' is not allowed; use one of invalid_body,",
    ],
    [
      'an unknown style',
      'about: x\nthen: { style: poem }\n',
      "x.yaml:2 then.style: 'poem' is not allowed; use one of progress-log,",
    ],
    ['a status below 200', 'about: x\nthen: { status: 100 }\n', 'x.yaml:2 then.status: must be from 200 to 599'],
    [
      'a header that the server sets',
      'about: x\nthen:\n  headers:\n    content-length: "1"\n',
      'x.yaml:4 then.headers.content-length: must be a header name in lower case; the server sets content-length,',
    ],
    [
      'a header with a line break',
      'about: x\nthen:\n  headers:\n    x-a: "1\\r\\nx-b: 2"\n',
      'x.yaml:4 then.headers.x-a: must be printable ASCII of at most 1000 characters',
    ],
    ['a wait above an hour', 'about: x\nthen: { wait: 4000 }\n', 'x.yaml:2 then.wait: must be at most 3600 seconds'],
    [
      'an invalid size',
      'about: x\nthen: { size: big }\n',
      "x.yaml:2 then.size: 'big' is not a size; use WIDTHxHEIGHT, each from 64 to 6400",
    ],
    ['too many pictures', 'about: x\nthen: { count: 16 }\n', 'x.yaml:2 then.count: must be at most 15'],
    [
      'a negative number of tokens',
      'about: x\nthen: { usage: { prompt: -1, completion: 0 } }\n',
      'x.yaml:2 then.usage.prompt: must not be negative',
    ],
    [
      'an unknown place',
      'about: x\nthen:\n  stream:\n    - { at: end, raw: x }\n',
      "x.yaml:4 then.stream.0.at: 'end' is not a place; use start, middle, picture, finish, done, or the number of an event, from 0",
    ],
    [
      'two changes at a place',
      'about: x\nthen:\n  stream:\n    - { at: start, raw: x, end: close }\n',
      'x.yaml:4 then.stream.0: must have exactly one of pause, comment, raw, error, failure, end besides at',
    ],
    [
      'no change at a place',
      'about: x\nthen:\n  stream:\n    - { at: start }\n',
      'x.yaml:4 then.stream.0: must have exactly one of pause, comment,',
    ],
    [
      'an unknown key at a place',
      'about: x\nthen:\n  stream:\n    - { at: start, stop: close }\n',
      "x.yaml:4 then.stream.0: unknown key 'stop'; use at, pause,",
    ],
    [
      'a comment with a line break',
      'about: x\nthen:\n  stream:\n    - { at: start, comment: "a\\nb" }\n',
      'x.yaml:4 then.stream.0.comment: must be on one line',
    ],
    [
      'a sequence beside another key',
      'about: x\nthen:\n  wait: 1\n  sequence: [{ wait: 1 }]\n',
      'x.yaml:2 then: sequence cannot be combined with other keys; move them into its responses',
    ],
    [
      'a sequence in a sequence',
      'about: x\nthen:\n  sequence:\n    - sequence: [{ wait: 1 }]\n',
      "x.yaml:4 then.sequence.0: unknown key 'sequence'; use error,",
    ],
    ['an empty sequence', 'about: x\nthen:\n  sequence: []\n', 'x.yaml:3 then.sequence: '],
    ['nth below 1', 'about: x\nwhen: { nth: 0 }\nthen: { wait: 1 }\n', 'x.yaml:2 when.nth: must be at least 1'],
    ['invalid YAML', 'about: [x\n', 'x.yaml:'],
    [
      'several problems',
      'about: x\nwhen: { nth: 0 }\nthen:\n  wait: -1\n  as: yaml\n',
      'x.yaml:2 when.nth: ',
      'x.yaml:4 then.wait: must not be negative',
      "x.yaml:5 then.as: 'yaml' is not allowed; use json",
    ],
  ])('%s: reports file, line and fix', async (_what, text, ...problems) => {
    const found = await problemsOf({ 'x.yaml': text })
    expect(found).toHaveLength(problems.length)
    problems.forEach((problem, i) => expect(found[i]).toContain(problem))
  })

  test('reports the problems of all files at once, including profiles.yaml', async () => {
    const folder = folderOf({
      'a.yaml': 'about: x\n',
      'b.yaml': saying('b'),
      'c.yaml': 'then: { wait: 1 }\n',
      'D.yaml': saying('d'),
    })
    writeFileSync(join(folder, 'profiles.yaml'), 'flux: { style: poem }\n')
    const error: unknown = await mockWith({ fixtures: folder }).catch((thrown: unknown) => thrown)
    const lines = (error as Error).message.split('\n').map((line) => line.slice(folder.length + 1))
    expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual([
      'profiles.yaml',
      'scenarios/D.yaml',
      'scenarios/a.yaml',
      'scenarios/c.yaml',
    ])
    expect(lines.find((line) => line.includes('D.yaml'))).toBe(
      'scenarios/D.yaml: the name of the file is the name of the scenario; use only a-z, 0-9 and -, at most 64 characters',
    )
  })

  test('rejects an unknown scenario at the call and in a request, with suggestions', async () => {
    await expect(startMock({ scenario: 'limit-rat' })).rejects.toThrow(
      "there is no scenario 'limit-rat'. Did you mean limit-rate",
    )
    await expect(startMock({ faultRate: 0.5, faults: ['zzz'] })).rejects.toThrow("there is no scenario 'zzz'")
    await expect(startMock({ faultRate: 0.5 })).rejects.toThrow('there are no scenarios to choose from')
    await expect(startMock({ faultRate: 2, faults: ['limit-rate'] })).rejects.toThrow("faultRate: '2' is not valid")
    await using mock = await mockWith()
    for (const request of [
      { headers: { 'x-mock-scenario': 'stream-rest-middle' } },
      { text: '/mock stream-rest-middle a cat' },
    ]) {
      const { status, json } = await ask(mock, request)
      expect([status, json.error.code]).toEqual([400, 'unknown_scenario'])
      expect(json.error.message).toMatch(/^Unknown scenario 'stream-rest-middle'\. Did you mean stream-reset-middle, /)
    }
  })
})

test('the scenarios of a folder override packaged ones with the same name', async () => {
  await using mock = await mockOf({ 'mine.yml': saying('mine'), 'limit-rate.yaml': saying('over') })
  const by = async (name: string): Promise<string> => {
    const { status, content } = await ask(mock, { headers: { 'x-mock-scenario': name } })
    return `${status} ${content}`
  }
  expect([await by('mine'), await by('limit-rate'), await by('limit-saturated'), await by('answer-empty')]).toEqual([
    '200 mine',
    '200 over',
    '429 ',
    '200 ',
  ])
  expect((await loadScenarios('fixtures/scenarios')).size).toBeGreaterThan(45)
})

interface RequestFields {
  readonly model?: string
  readonly text?: string
  readonly stream?: boolean
}

const PICTURE = 'https://pictures.example/cat.png '

describe('when', () => {
  test.each<[when: string, matching: RequestFields, other: RequestFields]>([
    ['{ model: flux }', { model: 'flux' }, { model: 'flux-pro' }],
    ['{ model: flux-* }', { model: 'flux-pro' }, { model: 'flux' }],
    ['{ model: [nano-banana, flux-kontext-*] }', { model: 'flux-kontext-max' }, { model: 'flux-pro' }],
    ['{ prompt: fox }', { text: 'a red fox runs' }, { text: 'a cat' }],
    ['{ pattern: "a * fox" }', { text: 'a red fox' }, { text: 'a red fox runs' }],
    ['{ pattern: "*fox*runs*" }', { text: 'the fox that runs' }, { text: 'it runs, the fox' }],
    ['{ pattern: "a.c" }', { text: 'a.c' }, { text: 'abc' }],
    ['{ pattern: "ab*bc" }', { text: 'abbc' }, { text: 'abc' }],
    ['{ stream: true }', { stream: true }, { stream: false }],
    ['{ stream: false }', {}, { stream: true }],
    ['{ references: true }', { text: `${PICTURE}a hat` }, { text: 'a hat' }],
    ['{ references: false }', { text: 'a hat' }, { text: `${PICTURE}a hat` }],
    ['{ model: flux, prompt: fox }', { model: 'flux', text: 'fox' }, { model: 'flux', text: 'cat' }],
  ])('%s matches %j and not %j', async (when, matching, other) => {
    await using mock = await mockOf({ 'mine.yaml': saying('mine', when) })
    const textOf = async ({ model = 'nano-banana', text = 'x', stream = false }: RequestFields): Promise<string> =>
      (await ask(mock, { model, text, body: { stream } })).content
    expect([await textOf(matching), (await textOf(other)).includes('![')]).toEqual(['mine', true])
  })

  test('nth counts the chat requests of a session', async () => {
    await using mock = await mockOf({ 'mine.yaml': saying('mine', '{ nth: 2 }') })
    const said: string[] = []
    for (const session of ['a', 'a', 'b', 'a', 'b'])
      said.push(
        (await ask(mock, { headers: { 'x-mock-session': session } })).content === 'mine' ? `${session}!` : session,
      )
    expect(said).toEqual(['a', 'a!', 'b', 'a', 'b!'])
  })

  test('of two matching scenarios, the first by name applies', async () => {
    await using mock = await mockOf({
      'b.yaml': saying('second', '{ model: flux }'),
      'a.yaml': saying('first', '{ prompt: fox }'),
    })
    expect((await ask(mock, { model: 'flux', text: 'fox' })).content).toBe('first')
  })
})

test('chooses by header, Prefer, prompt, when, --scenario and fault rate, in this order', async () => {
  const files = Object.fromEntries(
    ['header', 'prompt', 'server', 'chance'].map((name) => [`by-${name}.yaml`, saying(name)]),
  )
  const fixtures = folderOf({ ...files, 'by-when.yaml': saying('when', '{ model: flux }') })
  const drawing = { fixtures, faultRate: 1, faults: ['by-chance'] }
  await using mock = await mockWith({ ...drawing, scenario: 'by-server' })
  await using chance = await mockWith(drawing)
  const by = async (of: Mock, { model = 'flux', text = 'x', headers = {} }): Promise<string> => {
    const { status, content, headers: received } = await ask(of, { model, text, headers })
    return `${status === 200 ? content : status} ${received.get('x-mock-note')?.split(' (')[1]?.slice(0, -1)}`
  }
  const scenario = { 'x-mock-scenario': 'by-header' }
  const prefer = { prefer: 'code=418' }
  expect(await by(mock, { text: '/mock by-prompt', headers: { ...scenario, ...prefer } })).toBe(
    'header x-mock-scenario',
  )
  expect(await by(mock, { text: '/mock by-prompt', headers: prefer })).toBe('418 Prefer')
  expect(await by(mock, { text: '/mock by-prompt' })).toBe('prompt requested in the prompt')
  expect(await by(mock, {})).toBe('when its when matches')
  expect(await by(mock, { model: 'nano-banana' })).toBe('server default scenario')
  expect(await by(chance, { model: 'nano-banana' })).toBe('chance fault rate')
})

test('the fault rate applies to about its share of requests, and to the same ones with the same seed', async () => {
  const drawn = async (seed: number): Promise<string> => {
    await using mock = await mockWith({ seed, faultRate: 0.3, faults: ['limit-rate', 'upstream-error'] })
    let statuses = ''
    for (let i = 0; i < 400; i++)
      statuses += { 200: '.', 429: 'l', 500: 'u' }[(await ask(mock, { model: 'nano-banana', text: 'x' })).status] ?? '?'
    return statuses
  }
  const [first, again, other] = await Promise.all([drawn(1), drawn(1), drawn(2)])
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  const [faults, limits] = [first.replaceAll('.', '').length, first.replaceAll(/[^l]/g, '').length]
  expect(first).toMatch(/^[.lu]{400}$/)
  expect(faults).toBeGreaterThan(90)
  expect(faults).toBeLessThan(150)
  expect(limits).toBeGreaterThan(faults / 3)
  expect(limits).toBeLessThan((faults * 2) / 3)
})

const TURNS = [
  ['turn 0', '1 of 3'],
  ['turn 1', '2 of 3'],
  ['normal', '3 of 3'],
] as const

describe('a sequence', () => {
  const sequence = (count: number): string =>
    `about: x\nthen:\n  sequence:\n${Array.from({ length: count }, (_, i) => `    - say: turn ${i}\n`).join('')}`

  test('has a position for each x-mock-session, for each key, and one for all other requests', async () => {
    await using mock = await mockOf({ 'turns.yaml': sequence(2) })
    const said = async (headers: Record<string, string>): Promise<string> => {
      const { content } = await ask(mock, { headers: { 'x-mock-scenario': 'turns', ...headers } })
      return content.includes('![') ? 'normal' : content
    }
    const sessions = [
      { 'x-mock-session': 'a' },
      { 'x-mock-session': 'b' },
      { authorization: 'Bearer one' },
      { authorization: 'Bearer two' },
      {},
    ]
    for (const turn of ['turn 0', 'turn 1', 'normal', 'turn 0'])
      for (const headers of sessions) expect(await said(headers), JSON.stringify(headers)).toBe(turn)
    expect(await said({ 'x-mock-session': 'a', authorization: 'Bearer three' })).toBe('turn 1')
  })

  test('starts again after its normal response, with a position for each way of choosing it', async () => {
    await using mock = await mockWith({ fixtures: folderOf({ 'turns.yaml': sequence(2) }), scenario: 'turns' })
    const ways: readonly (readonly [why: string, options: Parameters<typeof ask>[1]])[] = [
      ['x-mock-scenario', { headers: { 'x-mock-scenario': 'turns' } }],
      ['requested in the prompt', { text: '/mock turns' }],
      ['default scenario', {}],
    ]
    for (const [turn, step] of [...TURNS, ...TURNS]) {
      for (const [why, options] of ways) {
        const { content, headers } = await ask(mock, options)
        expect(content.includes('![') ? 'normal' : content).toBe(turn)
        expect(headers.get('x-mock-note')).toBe(`scenario turns (${why}), ${step}`)
      }
    }
  })

  test('reports the step of a scripted sequence, which is used once', async () => {
    await using mock = await mockOf({ 'turns.yaml': sequence(2) })
    await mock.script('turns')
    await mock.script('turns', { times: 3 })
    const notes: (string | null)[] = []
    for (let i = 0; i < 6; i++) notes.push((await ask(mock)).headers.get('x-mock-note'))
    const steps = ['1 of 2', '2 of 2', '1 of 3', '2 of 3', '3 of 3']
    expect(notes).toEqual([...steps.map((step) => `scenario turns (scripted), ${step}`), null])
  })

  test('takes exactly one step for each of 100 concurrent requests', async () => {
    await using mock = await startMock({ fixtures: folderOf({ 'turns.yaml': sequence(90) }) })
    const responses = await Promise.all(
      Array.from({ length: 100 }, async () =>
        ask(mock, { model: 'nano-banana', headers: { 'x-mock-scenario': 'turns' } }),
      ),
    )
    const said = responses.map(({ content }) => content)
    const turns = said.filter((content) => content.startsWith('turn'))
    expect(said.filter((content) => content.includes('!['))).toHaveLength(1)
    expect(turns.map((turn) => Number(turn.slice(5))).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 99 }, (_, i) => i % 90).toSorted((a, b) => a - b), // after 91 steps, 9 of them again
    )
  })
})

test.each([
  [20, 13],
  [3, 0],
])('a scenario with %i prompt tokens has %i text tokens', async (prompt, text) => {
  await using mock = await mockWith()
  await mock.script({ then: { usage: { prompt, completion: 5 } } })
  expect((await ask(mock)).json.usage).toMatchObject({
    prompt_tokens: prompt,
    total_tokens: prompt + 5,
    prompt_tokens_details: { text_tokens: text },
  })
})
