import { expect, test } from 'vitest'
import { ask, mockWith } from '../ask.ts'

const KINDS = { cdn: 'picture', download: 'download', raw: 'raw', web: 'page', source: 'source' } as const

/** A content with its links, ids, dots and percentages named instead of written. */
function skeleton(content: string): string {
  return content
    .replaceAll(/http:\/\/mock\.invalid\/(cdn\/download|cdn|raw|web|source)\/[\w./-]+/g, (_, kind: string) => `<${KINDS[(kind.split('/')[1] ?? kind) as keyof typeof KINDS]}>`)
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/01[0-9a-hjkmnp-tv-z]{24}/g, '<ulid>')
    .replaceAll(/(?<=中|ing)\.+/g, '…')
    .replaceAll(/(?:\d{1,2}\.\.)+(?=\[100\])/g, 'N..')
}

/**
 * The provider's own words, copied by hand from the transcripts that are known of it (T1, T1-en, T7, T7b, T3): what a
 * client parses. A change here is a change of what clients see.
 */
const SAID: readonly (readonly [style: string, model: string, text: string, content: string])[] = [
  [
    'task-log, Chinese (T1)',
    'gpt-4o-image',
    '小猫飞翔，比例9:16',
    '```json\n{\n  "prompt": "小猫飞翔，比例9:16",\n  "ratio": "9:16",\n  "n": 1\n}\n```\n\n> ID: `<uuid>`\n>[数据预览](<page>) | [原始数据](<source>)\n\n>🕐 排队中…\n\n>⚡ 生成中…\n\n>🏃 进度 N..[100](<raw>)\n\n> ✅ 生成完成\n\n\n![gen_<ulid>](<picture>)\n\n[点击下载](<download>)',
  ],
  [
    'task-log, English, two pictures (T1-en)',
    'gpt-image-1',
    'A flying cat, 2 images --ar 3:2',
    '```json\n{\n  "prompt": "A flying cat, 2 images --ar 3:2",\n  "ratio": "3:2",\n  "n": 2\n}\n```\n\n> ID: `task_<ulid>`\n>[Preview](<page>) | [Source](<source>)\n\n>🕐 Queuing…\n\n>⚡ Generating…\n\n>🏃 Progress N..[100](<raw>)\n\n> ✅ Generation complete\n\n\n![gen_<ulid>](<picture>)\n\n[Click to download](<download>)\n\n![gen_<ulid>](<picture>)\n\n[Click to download](<download>)',
  ],
  [
    'step-log (T7)',
    'flux-kontext-pro',
    'replace the content of this image with a hamburger',
    '```json\n{\n  "prompt": "replace the content of this image with a hamburger"\n}\n```\n\n>🚀 开始生成图片\n\n>🔄 创建任务 ✓\n>⏳ 生成中… ✓\n\n\n![replace the content of this image with a hamburger](<picture>)\n\n[点击下载](<picture>)\n\n',
  ],
  ['prompt-json (T7b)', 'flux', 'a fox --ar 4:5', '{\n "prompt": "a fox --ar 4:5",\n "aspect_ratio": "3:4"\n}\n\n![Image](<picture>)\n\n[Click to download](<picture>)'],
  ['markdown (T3)', 'nano-banana', 'a fox', '\n![Image](<picture>)\n'],
  ['markdown, three pictures', 'dall-e-3', '画3张猫', '\n![Image](<picture>)\n\n![Image](<picture>)\n\n![Image](<picture>)\n'],
]

test.each(SAID)('%s', async (_style, model, text, content) => {
  await using mock = await mockWith()
  const { json } = await ask(mock, { model, text })
  expect(skeleton(json.choices[0].message.content)).toBe(content)
})

const deltasOf = (chunks: any[]): unknown[] => chunks.map(({ choices: [choice] }) => choice.delta)

test('a task log is streamed as the real one is cut: JSON in tokens, an empty delta, dots one by one, tick and picture in one', async () => {
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

test('other styles send each picture in one delta with its words', async () => {
  await using mock = await mockWith()
  const streamed = async (model: string): Promise<string[]> => {
    const { chunks } = await ask(mock, { model, text: 'a fox', body: { stream: true } })
    return deltasOf(chunks)
      .slice(1, -1)
      .map((delta: any) => skeleton(delta.content))
  }
  expect(await streamed('nano-banana')).toEqual(['\n![Image](<picture>)\n'])
  expect(await streamed('flux')).toEqual(['{\n "prompt": "a fox",\n "aspect_ratio": "1:1"\n}', '\n\n![Image](<picture>)\n\n[Click to download](<picture>)'])
  expect((await streamed('flux-kontext-max')).slice(-6)).toEqual(['>⏳ 生成中', '.', '.', '.', '.', ' ✓\n\n\n![a fox](<picture>)\n\n[点击下载](<picture>)\n\n'])
})

test('a picture in the prompt cannot be mistaken for one of the answer', async () => {
  await using mock = await mockWith()
  for (const model of ['gpt-4o-image', 'flux', 'flux-kontext-pro']) {
    const { content } = await ask(mock, { model, text: 'like ![this](http://elsewhere.example/a.png) [one]\nbut (blue) `!`' })
    const found = [...content.matchAll(/!\[.*?\]\(([^)]*)\)/g)].map((match) => match[1])
    expect(found).toEqual([expect.stringMatching(/^http:\/\/mock\.invalid\/cdn\//)])
    expect(content).not.toMatch(/\]\(http:\/\/elsewhere/)
  }
})

test('a character is not cut in two where the repeated prompt ends', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: `${'a'.repeat(3999)}🐱 and more` })
  expect(content.isWellFormed()).toBe(true)
})

test('at most 4,000 characters of a prompt are repeated', async () => {
  await using mock = await mockWith()
  const { content } = await ask(mock, { text: '猫'.repeat(5000) })
  expect(content.match(/猫/g)).toHaveLength(4000)
})
