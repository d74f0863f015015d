import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { styles } from '../../src/chat/styles/styles.ts'
import type { Contract } from '../../src/openapi/contract.ts'
import { loadContract } from '../../src/openapi/contract.ts'
import type { JsonValue } from '../../src/util/json.ts'
import { createResponseCheck } from '../openapi/response-check.ts'
import { toLinks } from '../../src/images/links.ts'
import { readRecipe } from '../../src/images/render/metadata.ts'
import type { Mock } from '../../src/index.ts'
import { createMock } from '../../src/index.ts'
import { ask } from '../ask.ts'

const models = Object.keys(parse(readFileSync(join(import.meta.dirname, 'profiles.yaml'), 'utf8')))
let mock: Mock
beforeAll(async () => {
  mock = await createMock({ fixtures: import.meta.dirname })
})
afterAll(async () => mock.close())

test('each style has a model in test/golden/profiles.yaml', () => {
  expect(models).toEqual(expect.arrayContaining(Object.keys(styles)))
})

const REQUESTS: readonly (readonly [what: string, text: string, stream: boolean])[] = [
  ['in Chinese', '小猫飞翔，比例9:16', false],
  ['in Chinese, streamed', '小猫飞翔，比例9:16', true],
  ['in English, two pictures', 'A flying cat, 2 images', false],
]

// Updates the transcripts: npx vitest run test/golden -u. Review the changes.
test.each(models)('%s matches its transcript', async (model) => {
  const responses: string[] = []
  for (const [what, text, stream] of REQUESTS) {
    const { text: body, status, headers } = await ask(mock, { model, text, body: { stream } })
    responses.push(`# ${what}: ${text}\n# ${status} ${headers.get('content-type')}\n\n${body.trimEnd()}\n`)
  }
  await expect(responses.join('\n\n')).toMatchFileSnapshot(`${model}.txt`)
})

/** One field of all chunks, joined. */
const joined = (chunks: any[], field: string): string =>
  chunks.map(({ choices: [choice] }) => choice?.delta[field] ?? '').join('')

test.each(models)(
  '%s has the same content as JSON and as a stream, both valid by the contract, and JSON also by the provider’s export',
  async (model) => {
    const [ours, bare] = await Promise.all(
      ['openapi.yaml', 'fixtures/provider/export.yaml'].map((file) => loadContract(file)),
    )
    const check = (contract: Contract | undefined, mediaType: string, value: JsonValue): unknown[] => {
      const operation = contract?.operations.find(({ method }) => method === 'POST')
      return contract === undefined || operation === undefined
        ? ['no operation']
        : createResponseCheck(contract)(operation, { status: 200, mediaType, value })
    }
    const body = { n: 2 }
    const { json } = await ask(mock, { model, body })
    const { chunks } = await ask(mock, {
      model,
      body: { ...body, stream: true, stream_options: { include_usage: true } },
    })
    for (const contract of [ours, bare]) expect(check(contract, 'application/json', json)).toEqual([])
    for (const chunk of chunks) expect(check(ours, 'text/event-stream', chunk)).toEqual([])
    const { content, reasoning_content = '', images = [] } = json.choices[0].message
    const prelude = /^> 🖌️正在绘画\n\n```json\n\{[^`]*\}\n```\n\n/ // only in the stream of sketch-log
    expect(joined(chunks, 'content').replace(prelude, '')).toBe(content)
    expect(joined(chunks, 'reasoning_content')).toBe(reasoning_content)
    expect(chunks.flatMap(({ choices: [choice] }) => choice?.delta.images ?? [])).toEqual(images)
    expect(chunks.at(-1).usage).toEqual(json.usage)
    expect(chunks.flatMap(({ choices: [choice] }) => choice?.finish_reason ?? [])).toEqual(['stop'])
  },
)

test('reasoning sends progress in reasoning_content, images-field sends pictures in images', async () => {
  const { json } = await ask(mock, { model: 'reasoning' })
  expect(json.choices[0].message.reasoning_content).toBe('✨ 图片生成任务已启动\n⏳ 排队中...\n🎨 生成中...\n')
  const streamed = await ask(mock, { model: 'reasoning', body: { stream: true } })
  expect(streamed.chunks[0].choices[0].delta).toEqual({
    role: 'assistant',
    reasoning_content: '✨ 图片生成任务已启动\n',
  })
  expect(streamed.chunks.at(-1).choices[0]).toEqual({
    index: 0,
    delta: { content: json.choices[0].message.content },
    finish_reason: 'stop',
  })
  const { chunks } = await ask(mock, { model: 'images-field', text: 'a fox', body: { stream: true, n: 2 } })
  const image = (index: number): unknown => ({
    type: 'image_url',
    image_url: { url: expect.stringMatching(/^data:image\/png;base64,[A-Za-z\d+/]+={0,2}$/) },
    index,
  })
  expect(chunks.map(({ choices: [choice] }) => choice.delta)).toEqual([
    { role: 'assistant', content: '' },
    { content: 'Here is the image that you asked for.', images: null },
    { content: '', images: [image(0)] },
    { content: '', images: [image(1)] },
    {},
  ])
})

test('data-uri sends the bytes of the linked picture in one delta', async () => {
  const { chunks } = await ask(mock, { model: 'data-uri', text: 'a fox', body: { stream: true } })
  const { content } = chunks[1].choices[0].delta
  const bytes = Buffer.from(
    /^!\[image\]\(data:image\/png;base64,([A-Za-z\d+/]+=*)\)$/.exec(content)?.[1] ?? '',
    'base64',
  )
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  const recipe = readRecipe(bytes)
  expect(recipe).toMatchObject({ model: 'data-uri', label: 'a fox', width: 64, height: 64 })
  const link = toLinks(mock.url, recipe!).picture
  expect(Buffer.from(await (await mock.fetch(link)).arrayBuffer())).toEqual(bytes)
})

const KINDS = { cdn: 'picture', download: 'download', raw: 'raw', web: 'page', source: 'source' } as const

/** The content with names in place of links, IDs, dots and percentages. */
function skeleton(content: string): string {
  return content
    .replaceAll(
      /http:\/\/mock\.invalid\/(cdn\/download|cdn|raw|web|source)\/[\w./-]+/g,
      (_, kind: string) => `<${KINDS[(kind.split('/')[1] ?? kind) as keyof typeof KINDS]}>`,
    )
    .replaceAll(/data:image\/png;base64,iVBORw0KGgo[\w+/]+={0,2}/g, '<data>')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/01[0-9a-hjkmnp-tv-z]{24}/g, '<ulid>')
    .replaceAll(/file-\w{22}|file_0{8}[\da-f]{24}/g, (id) => `<${id.slice(0, 5)}>`)
    .replaceAll(/(?<=队中|Queuing|>⚡ 生成中|>⚡ Generating|>⏳ 生成中)[.…]+/g, '…')
    .replaceAll(/(?:\d{1,2}\.\.)+(?=\[100\])/g, 'N..')
    .replaceAll(/\*\*\d{1,2}%/g, '**N%')
}

const BACKEND =
  'backend failed: Requests to the image generation operation have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second.'

/**
 * The texts of the provider, copied by hand from known transcripts. Clients parse them, so a change here changes what
 * clients see.
 */
const TRANSCRIPTS: readonly (readonly [form: string, model: string, text: string, content: string])[] = [
  [
    'progress lines',
    'progress-log',
    '小猫飞翔',
    '{\n  "prompt": "小猫飞翔"\n}\n\n> 进度 **N%**\n\n\n> 进度 **N%**\n\n\n> 进度 **N%**\n\n\n\n![<file_>](<picture>)\n[下载⏬](<download>)\n\n',
  ],
  [
    'progress lines with a reference picture',
    'progress-log',
    'https://a.example/1.png make it blue',
    '{\n  "prompt": "make it blue",\n  "referenced_image_ids": ["<file->"]\n}\n\n> 进度 **N%**\n\n\n> 进度 **N%**\n\n\n> 进度 **N%**\n\n\n\n![<file_>](<picture>)\n[下载⏬](<download>)\n\n',
  ],
  [
    'a task',
    'task-log',
    '小猫飞翔，比例9:16',
    '```json\n{\n  "prompt": "小猫飞翔，比例9:16",\n  "ratio": "9:16",\n  "n": 1\n}\n```\n\n> ID: `<uuid>`\n>[数据预览](<page>) | [原始数据](<source>)\n\n>🕐 排队中…\n\n>⚡ 生成中…\n\n>🏃 进度 N..[100](<raw>)\n\n> ✅ 生成完成\n\n\n![gen_<ulid>](<picture>)\n\n[点击下载](<download>)',
  ],
  [
    'a task in English, two pictures',
    'task-log-prefixed',
    'A flying cat, 2 images --ar 3:2',
    '```json\n{\n  "prompt": "A flying cat, 2 images --ar 3:2",\n  "ratio": "3:2",\n  "n": 2\n}\n```\n\n> ID: `task_<ulid>`\n>[Preview](<page>) | [Source](<source>)\n\n>🕐 Queuing…\n\n>⚡ Generating…\n\n>🏃 Progress N..[100](<raw>)\n\n> ✅ Generation complete\n\n\n![gen_<ulid>](<picture>)\n\n[Click to download](<download>)\n\n![gen_<ulid>](<picture>)\n\n[Click to download](<download>)',
  ],
  ['a short text', 'lite', '小猫', '> 🎨 生成中...\n\n![<picture>](<picture>)\n\n[点击下载](<download>)'],
  [
    'a short text in English',
    'lite',
    'a cat',
    '> 🎨 Generating...\n\n![<picture>](<picture>)\n\n[Click to download](<download>)',
  ],
  ['a picture', 'markdown', 'a fox', '\n![Image](<picture>)\n'],
  ['three pictures', 'markdown', '画3张猫', '\n![Image](<picture>)\n\n![Image](<picture>)\n\n![Image](<picture>)\n'],
  [
    'a sentence after the picture',
    'markdown-after',
    '一只可爱的小猫',
    '![image](<picture>)\n\n给你画好了，一只可爱的小猫。',
  ],
  ['a sentence before the picture', 'markdown-before', 'a cat', 'Here you go! \n![image](<picture>)'],
  ['a data URI', 'data-uri', 'a fox', '![image](<data>)'],
  ['two data URIs', 'data-uri', '2 images of a fox', '![image](<data>)\n![image](<data>)'],
  ['pictures in a field', 'images-field', 'a fox', 'Here is the image that you asked for.'],
  ['progress in reasoning_content', 'reasoning', 'a fox', '![Generated Image](<picture>)'],
  [
    'steps',
    'step-log',
    'replace the content of this image with a hamburger',
    '```json\n{\n  "prompt": "replace the content of this image with a hamburger"\n}\n```\n\n>🚀 开始生成图片\n\n>🔄 创建任务 ✓\n>⏳ 生成中… ✓\n\n\n![replace the content of this image with a hamburger](<picture>)\n\n[点击下载](<picture>)\n\n',
  ],
  [
    'the prompt as JSON',
    'prompt-json',
    'a fox --ar 16:9',
    '{\n "prompt": "a fox --ar 16:9",\n "aspect_ratio": "16:9"\n}\n\n![Image](<picture>)\n\n[Click to download](<picture>)',
  ],
  [
    'two pictures on one line',
    'gallery',
    '2 images of a fox',
    '{"prompt":"2 images of a fox","size":"1024x1024"}\n\n![image1](<picture>)![image2](<picture>)\n\n[下载1](<download>)\t[下载2](<download>)\n\nHere are the images of 2 images of a fox.',
  ],
  ['pictures without alt text', 'sketch-log', '2张猫', '![None](<picture>)\n\n![None](<picture>)\n\n'],
  ['a rejected prompt', 'failed-input-moderation', 'x', '生成失败 ❌\n失败原因：input_moderation'],
  ['a rejected picture', 'failed-output-moderation', 'x', '生成失败 ❌\n失败原因：output_moderation'],
  [
    'a rate limit',
    'failed-rate-limit',
    'a cat',
    '{\n  "prompt": "a cat"\n}\n\nI wasn\'t able to generate the image because there\'s a rate limit in place. Please wait a few minutes and try again.',
  ],
  [
    'a task that fails',
    'failed-task',
    'a cat',
    `\`\`\`json\n{\n  "prompt": "a cat",\n  "ratio": "1:1",\n  "n": 1\n}\n\`\`\`\n\n> ID: \`<uuid>\`\n>[Preview](<page>) | [Source](<source>)\n\n>🕐 Queuing…\n\n>⚡ Generating❌ Generation failed: ${BACKEND}`,
  ],
  [
    'an unavailable model',
    'failed-unavailable',
    'x',
    'Unable to generate - Sora is temporarily unavailable, please check back soon',
  ],
  [
    'a rejected prompt as JSON',
    'failed-violation',
    'a cat',
    '{"prompt":"a cat","id":"task_<ulid>","status":"failed","error":{"type":"sora_content_violation","message":"This content may violate our guardrails."}}',
  ],
  ['a failed action', 'failed-action', 'x', 'Generate action failed'],
  [
    'a failed vendor with its response',
    'failed-upstream',
    'x',
    '生成失败: Generate action failed\nReason:\n```json\n{"status":"Error","result":null}\n```\n',
  ],
]

test.each(TRANSCRIPTS)('%s: the text of %s', async (_form, model, text, content) => {
  const whole = await ask(mock, { model, text })
  expect(skeleton(whole.content)).toBe(content)
  expect(whole.json.choices).toHaveLength(1)
  expect(whole.json.choices[0].finish_reason).toBe('stop')
})
