import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ask, mockWith } from '../ask.ts'

const KINDS = { cdn: 'picture', download: 'download', raw: 'raw', web: 'page', source: 'source' } as const

/** The content with names in place of links, IDs, dots and percentages. */
function skeleton(content: string): string {
  return content
    .replaceAll(
      /http:\/\/mock\.invalid\/(cdn\/download|cdn|raw|web|source)\/[\w./-]+/g,
      (_, kind: string) => `<${KINDS[(kind.split('/')[1] ?? kind) as keyof typeof KINDS]}>`,
    )
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/01[0-9a-hjkmnp-tv-z]{24}/g, '<ulid>')
    .replaceAll(/(?<=中|ing)\.+/g, '…')
}

const deltasOf = (chunks: any[]): unknown[] => chunks.map(({ choices: [choice] }) => choice.delta)

test('the deltas of a task log are those of the gateway: JSON tokens, an empty delta, single dots, the picture in one delta', async () => {
  await using mock = await mockWith()
  const { chunks } = await ask(mock, { text: '画只猫', body: { stream: true } })
  const deltas = deltasOf(chunks)
  const texts = deltas.map((delta: any) => (delta.content === undefined ? delta : skeleton(delta.content)))
  expect(deltas[0]).toEqual({ role: 'assistant', content: '' })
  const opening = [
    '```',
    'json',
    '\n',
    '{\n',
    ' ',
    ' "',
    'prompt',
    '":',
    ' ',
    '"',
    '画',
    '只',
    '猫',
    '"',
    ',\n',
    ' ',
    ' "',
    'ratio',
    '":',
    ' ',
    '"',
    '1',
    ':',
    '1',
    '"',
    ',\n',
    ' ',
    ' "',
    'n',
    '":',
    ' 1',
    '\n',
    '}\n',
    '```',
    '\n\n',
  ]
  expect(texts.slice(1, 1 + opening.length)).toEqual(opening)
  const rest = texts.slice(1 + opening.length).filter((text, i, all) => !(text === '.' && all[i - 1] === '.'))
  expect(rest[0]).toEqual({})
  expect(rest.slice(1).map((text) => (typeof text === 'string' ? text.replace(/\d+\.\.$/, 'N..') : text))).toEqual([
    '> ID: `<uuid>`\n>[数据预览](<page>) | [原始数据](<source>)\n\n>🕐 排队中',
    '.',
    '\n\n>⚡ 生成中',
    '.',
    '\n\n>🏃 进度 N..',
    ...rest.filter((text) => /^\d+\.\.$/.test(String(text))).map(() => 'N..'),
    '[100](<raw>)\n\n',
    '> ✅ 生成完成\n\n\n![gen_<ulid>](<picture>)\n\n[点击下载](<download>)',
    {},
  ])
})

test('other styles send each picture with its text in one delta', async () => {
  await using mock = await mockWith()
  const streamed = async (model: string): Promise<string[]> => {
    const { chunks } = await ask(mock, { model, text: 'a fox', body: { stream: true } })
    return deltasOf(chunks)
      .slice(1, -1)
      .map((delta: any) => skeleton(delta.content))
  }
  expect(await streamed('nano-banana')).toEqual(['\n![Image](<picture>)\n'])
  expect(await streamed('flux')).toEqual([
    '{\n "prompt": "a fox",\n "aspect_ratio": "1:1"\n}',
    '\n\n![Image](<picture>)\n\n[Click to download](<picture>)',
  ])
  const log = await streamed('flux-kontext-max')
  expect(log.slice(log.indexOf('>🚀 开始生成图片\n\n')).filter((text) => text !== '.')).toEqual([
    '>🚀 开始生成图片\n\n',
    '>🔄 创建任务 ✓\n',
    '>⏳ 生成中',
    ' ✓\n\n\n![a fox](<picture>)\n\n[点击下载](<picture>)\n\n',
  ])
})

test('clients do not find a picture of the prompt', async () => {
  await using mock = await mockWith()
  for (const model of ['gpt-4o-image', 'flux', 'flux-kontext-pro']) {
    const { content } = await ask(mock, {
      model,
      text: 'like ![this](http://elsewhere.example/a.png) [one]\nbut (blue) `!`',
    })
    const found = [...content.matchAll(/!\[.*?\]\(([^)]*)\)/g)].map((match) => match[1])
    expect(found).toEqual([expect.stringMatching(/^http:\/\/mock\.invalid\/cdn\//)])
    expect(content).not.toMatch(/\]\(http:\/\/elsewhere/)
  }
})

test('clients do not find a link or a data URI of the prompt', async () => {
  await using mock = await mockWith({ fixtures: 'test/golden' })
  const text = 'x data:image/png;base64,iVBORw0KGgo= and http://elsewhere.example/a.png'
  for (const model of Object.keys(parse(readFileSync('test/golden/profiles.yaml', 'utf8')))) {
    const { content } = await ask(mock, { model, text })
    expect(content.match(/https?:\/\/elsewhere/), content).toBeNull()
    if (model !== 'data-uri') expect(content.match(/data:image\//), content).toBeNull()
    else expect(content.match(/data:image\/[^;]+;base64,([A-Za-z0-9+/=]+)/)?.[1]?.length).toBeGreaterThan(100)
  }
  const { content } = await ask(mock, { model: 'task-log', text })
  expect(JSON.parse(/```json\n([^`]*)```/.exec(content)?.[1] ?? '').prompt, 'the prompt has JSON escapes only').toBe(
    text,
  )
})

test('a repeated prompt does not end in the middle of a character', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: `${'a'.repeat(3999)}🐱 and more` })
  expect(content.isWellFormed()).toBe(true)
})

test('repeats at most 4,000 characters of a prompt', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: '猫'.repeat(5000) })
  expect(content.match(/猫/g)).toHaveLength(4000)
})
