import { hash } from 'node:crypto'
import { decode as decodeWebp } from '@cwasm/webp'
import { decode as decodeJpeg } from 'jpeg-js'
import OpenAI from 'openai'
import type { APIError } from 'openai'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'

let mock: Mock
let twin: Mock
let client: OpenAI
beforeAll(async () => {
  ;[mock, twin] = await Promise.all([startMock(), startMock()])
  client = new OpenAI({ baseURL: mock.baseURL, apiKey: 'any' })
})
afterAll(async () => Promise.all([mock.close(), twin.close()]))

const MODELS: readonly (readonly [model: string, asked: string, size: string])[] = [
  ['gpt-image-1', '1024x1536', '1024x1536'],
  ['gpt-4o-image', '比例16:9', '1792x1024'],
  ['sora_image', '【3:2】', '1536x1024'],
  ['flux-kontext-pro', '--ar 21:9', '1568x672'],
  ['flux', '1366x768', '1366x768'],
  ['nano-banana', '5:4', '1152x896'],
  ['dall-e-3', '1024x1792', '1024x1792'],
  ['recraftv3', '1820x1024', '1820x1024'],
  ['qwen-image', '1472*1140', '1472x1140'],
  ['nano-banana-hd', '21:9', '6144x2688'],
  ['doubao-seedream-4-0-250828', '--size 2K --ar 4:3', '2048x1536'],
  ['doubao-seededit-3-0-i2i-250628', '1280x720', '1280x720'],
  ['doubao-seedream-3-0-t2i-250415', '720x1280', '720x1280'],
  ['flux-schnell', '', '1024x1024'],
  ['flux-kontext-max', '', '1024x1024'],
]

/** The size of a picture. The decoders are independent of sharp, which drew it. */
function sizeOf(url: string, bytes: Buffer): string {
  const { width, height } = url.endsWith('.png')
    ? PNG.sync.read(bytes)
    : url.endsWith('.jpg')
      ? decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 })
      : decodeWebp(bytes)
  return `${width}x${height}`
}

test.each(MODELS)(
  '%s with "%s" in the prompt: the same picture of %s in stream and JSON, and from another mock',
  async (model, asked, size) => {
    const messages = [{ role: 'user' as const, content: `画只猫 ${asked}`.trim() }]
    const whole = await client.chat.completions.create({ model, messages })
    const content = whole.choices[0]?.message.content ?? ''
    let streamed = ''
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
      streamed += chunk.choices[0]?.delta.content ?? ''
    expect(streamed).toBe(content)
    const url = /!\[.*?\]\((https?:\/\/[^\s)]+\.(?:png|jpg|webp))\)/.exec(content)?.[1] ?? ''
    const download = async (link: string): Promise<Buffer> => {
      const response = await fetch(link)
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        `image/${link.endsWith('.jpg') ? 'jpeg' : link.split('.').at(-1)}`,
      ])
      return Buffer.from(await response.arrayBuffer())
    }
    const bytes = await download(url)
    expect(sizeOf(url, bytes)).toBe(size)
    expect(hash('sha256', await download(url.replace(mock.url, twin.url)), 'hex')).toBe(hash('sha256', bytes, 'hex'))
  },
)

test('the client reads the usage, the request ID and the models', async () => {
  const { data, request_id } = await client.chat.completions
    .create({ model: 'flux', messages: [{ role: 'user', content: 'x' }] })
    .withResponse()
  expect(data.usage).toMatchObject({ prompt_tokens: 8, total_tokens: 8 + (data.usage?.completion_tokens ?? 0) })
  expect(request_id).toMatch(/^\d{23}/)
  const stream = await client.chat.completions.create({
    model: 'flux',
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
    stream_options: { include_usage: true },
  })
  let usage
  for await (const chunk of stream) usage = chunk.usage ?? usage
  expect(usage).toEqual(data.usage)
  const ids = []
  for await (const model of client.models.list()) ids.push(model.id)
  expect(ids).toHaveLength(13)
  expect(await client.models.retrieve('flux-dev')).toMatchObject({ id: 'flux-dev' })
})

test('the client throws its error classes', async () => {
  const asked = client.chat.completions.create({ model: 'gpt-9', messages: [{ role: 'user', content: 'x' }] })
  await expect(asked).rejects.toThrow(OpenAI.NotFoundError)
  await expect(asked).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    type: 'invalid_request_error',
    requestID: expect.stringMatching(/^\d{23}/),
  } satisfies Partial<Record<keyof APIError, unknown>>)
  await expect(client.chat.completions.create({ model: 'flux', messages: [] })).rejects.toThrow(OpenAI.BadRequestError)
})

test('a mock without a port works as the fetch of the client', async () => {
  await using inProcess = await createMock()
  const local = new OpenAI({ baseURL: inProcess.baseURL, apiKey: 'any', fetch: inProcess.fetch })
  const { choices } = await local.chat.completions.create({
    model: 'nano-banana',
    messages: [{ role: 'user', content: 'x' }],
  })
  expect(choices[0]?.message.content).toMatch(/^\n!\[Image\]\(http:\/\/mock\.invalid\/cdn\//)
  const aborting = new AbortController()
  await using slow = await createMock({ pace: 0.1 })
  const paced = new OpenAI({ baseURL: slow.baseURL, apiKey: 'any', fetch: slow.fetch })
  const stream = await paced.chat.completions.create(
    { model: 'gpt-4o-image', messages: [{ role: 'user', content: 'x' }], stream: true },
    { signal: aborting.signal },
  )
  let chunks = 0
  for await (const {
    choices: [choice],
  } of stream)
    if (choice !== undefined && ++chunks === 3) aborting.abort()
  expect(chunks).toBe(3)
})
