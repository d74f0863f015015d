import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { ask, mockWith, read } from '../ask.ts'

/** A folder with a profiles.yaml. */
function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'))
  writeFileSync(join(folder, 'profiles.yaml'), text)
  return folder
}

const mockOf = async (text: string): Promise<Mock> => mockWith({ fixtures: folderWith(text) })

test('a new name is a model: it responds and is listed', async () => {
  await using mock = await mockOf('my-model: { style: lite }\nmy-*: { style: gallery, formats: [webp] }\n')
  expect((await ask(mock, { model: 'my-model' })).content).toMatch(/^> 🎨 生成中/)
  expect((await ask(mock, { model: 'my-other' })).content).toMatch(/^\{"prompt":.*\.webp\)/s)
  const { json } = await read(await mock.fetch(`${mock.baseURL}/models`))
  expect(json.data.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['flux', 'my-model']))
  for (const model of ['my-model', 'my-other'])
    expect(await read(await mock.fetch(`${mock.baseURL}/models/${model}`))).toMatchObject({
      status: 200,
      json: { id: model },
    })
  expect(await ask(mock, { model: 'other' })).toMatchObject({
    status: 404,
    json: { error: { message: expect.stringContaining('my-model') } },
  })
  expect(await ask(mock, { model: `my-${'x'.repeat(62)}` }), 'a longer name than 64 characters').toMatchObject({
    status: 404,
  })
})

test('a block overrides the packaged block, a family of its file, or * of its file', async () => {
  await using mock = await mockOf(
    "gpt-4o-image: { style: lite }\n'*': { style: reasoning }\nmy-*: { style: gallery }\nmy-small: { sizes: [640x480] }\nplain: { references: wanted }\n",
  )
  const changed = await ask(mock, { model: 'gpt-4o-image', text: '1536x1024' })
  expect(changed.content).toMatch(/^> 🎨/)
  expect(changed.headers.get('x-mock-note'), 'with the packaged sizes').toBeNull()
  const small = await ask(mock, { model: 'my-small' })
  expect(small.content).toContain('"size":"640x480"')
  const plain = await ask(mock, { model: 'plain' })
  expect(plain.json.choices[0].message.reasoning_content).toMatch(/^✨/)
  expect(plain.headers.get('x-mock-note')).toContain('expects a reference picture')
})

test.each<[what: string, text: string, faults: readonly RegExp[]]>([
  ['an unknown key', 'a:\n  styl: lite\n', [/profiles\.yaml:2 a: unknown key 'styl'; use style, sizes,/]],
  ['an unknown style', 'a:\n  style: lit\n', [/:2 a\.style: 'lit' is not allowed; use one of progress-log, task-log,/]],
  [
    'invalid sizes',
    'a:\n  sizes: [10x10, big, 7]\n',
    [
      /:2 a\.sizes\.0: '10x10' is not a size; use WIDTHxHEIGHT, each from 64 to 6400/,
      /:2 a\.sizes\.1: 'big' is not a size/,
      /:2 a\.sizes\.2: must be a size such as 1024x1024/,
    ],
  ],
  ['sizes that are not a list', 'a:\n  sizes: 1024x1024\n', [/:2 a\.sizes: must be a list of sizes/]],
  [
    'an unknown format',
    'a: { formats: [gif] }\n',
    [/:1 a\.formats\.0: 'gif' is not allowed; use one of png, jpg, webp/],
  ],
  [
    'invalid times',
    'a:\n  pace:\n    first: [2, 1]\n    queue: 7\n    finish: [-1, 4000]\n    last: [1, 2]\n',
    [
      /:3 a\.pace\.first: must have the shortest time first/,
      /:4 a\.pace\.queue: must be the shortest and the longest/,
      /:5 .*: must not be negative/,
      /:5 .*: must be at most 3600 seconds/,
      /:6 a\.pace: unknown key 'last'/,
    ],
  ],
  [
    'a name with * in the middle',
    'a*b: { style: lite }\n',
    [/:1 a\*b: must be a model name or a prefix that ends with \*, at most 64 characters/],
  ],
  ['a block that is a string', 'a: lite\n', [/:1 a: must be an object; its keys are style,/]],
  ['an empty file', '', [/:1 must have a block for each model, such as\nmy-model:\n {2}style: lite/]],
  ['invalid YAML', 'a: [\n', [/profiles\.yaml:\d .*close it with } or \]/]],
  [
    'two blocks with the same name',
    'a: { style: lite }\na: { style: gallery }\n',
    [/:2 the key is already in this mapping/],
  ],
])('reports %s with file, line and fix', async (_what, text, faults) => {
  const failed: Error = await mockOf(text).then(
    () => new Error('it started'),
    (error: Error) => error,
  )
  expect(failed.name, failed.message).toBe('FileError')
  for (const fault of faults) expect(failed.message).toMatch(fault)
  expect(failed.message.split('\n').filter((line) => line.includes('profiles.yaml:'))).toHaveLength(faults.length)
})

test('rejects a folder without fixtures, a missing folder, and a folder named profiles.yaml', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'profiles-'))
  await expect(mockWith({ fixtures: empty })).rejects.toThrow(
    'use a folder with a file profiles.yaml or a folder scenarios',
  )
  await expect(mockWith({ fixtures: join(empty, 'nowhere') })).rejects.toThrow('nothing to read')
  mkdirSync(join(empty, 'profiles.yaml'))
  await expect(mockWith({ fixtures: empty })).rejects.toThrow('it is not a file')
})

test('a model’s name cannot add a picture or a long text to a response', async () => {
  await using mock = await mockOf('s-*: { style: sketch-log }\nr-*: { references: required }\n')
  const { content } = await ask(mock, { model: 's-![x](http://evil.example/x.png)', body: { stream: true } })
  expect(/!\[.*?\]\((.*?)\)/.exec(content)?.[1]).toMatch(/^http:\/\/mock\.invalid\//)
  expect((await ask(mock, { model: `r-${'x'.repeat(10_000)}` })).text.length).toBeLessThan(1000)
})

test('mocks in one process have separate profiles', async () => {
  await using one = await mockOf('mine: { style: lite }\n')
  await using other = await mockOf('mine: { style: gallery }\n')
  await using plain = await mockWith()
  expect((await ask(one, { model: 'mine' })).content).toMatch(/^> 🎨/)
  expect((await ask(other, { model: 'mine' })).content).toMatch(/^\{"prompt"/)
  expect(await ask(plain, { model: 'mine' })).toMatchObject({ status: 404 })
})
