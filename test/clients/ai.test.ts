import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, streamText } from 'ai'
import type { ModelMessage, UserContent } from 'ai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { picturesIn } from '../ask.ts'
import { STYLES, PICTURE, stayLocal } from './common.ts'

stayLocal()

let mock: Mock
let provider: OpenAICompatibleProvider
beforeAll(async () => {
  mock = await startMock()
  provider = createOpenAICompatible({ name: 'mock', baseURL: mock.baseURL, apiKey: 'any', includeUsage: true })
})
afterAll(async () => mock.close())

test.each(STYLES)(
  '%s with the prompt "%s": generateText and streamText return the same text, usage and picture',
  async (name, prompt, words) => {
    const model = provider(name)
    const whole = await generateText({ model, prompt })
    expect(whole.text).toContain(words)
    expect(whole).toMatchObject({ finishReason: 'stop', warnings: [], response: { modelId: name } })

    const stream = streamText({ model, prompt })
    let streamed = ''
    for await (const piece of stream.textStream) streamed += piece
    expect(streamed).toBe(whole.text)
    expect(await stream.finishReason).toBe('stop')
    expect(await stream.warnings).toEqual([])
    expect(await stream.usage).toEqual(whole.usage)
    const { inputTokens = 0, outputTokens = 0, totalTokens, raw } = whole.usage
    expect(Math.min(inputTokens, outputTokens)).toBeGreaterThan(0)
    expect(totalTokens).toBe(inputTokens + outputTokens) // its own sum
    expect(raw?.['total_tokens']).toBe(totalTokens)

    const picture = await fetch(picturesIn(streamed)[0] ?? '')
    expect([picture.status, picture.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^image\/(png|jpeg)$/),
    ])
  },
)

test('a stream has no usage without includeUsage', async () => {
  const quiet = createOpenAICompatible({ name: 'mock', baseURL: mock.baseURL, apiKey: 'any' })
  const stream = streamText({ model: quiet('flux'), prompt: 'x' })
  expect(picturesIn(await stream.text)).toHaveLength(1)
  expect((await stream.usage).totalTokens).toBeUndefined()
})

test('an image part adds tokens and changes the picture', async () => {
  const model = provider('gpt-4o-image')
  const without = await generateText({ model, prompt: '画只猫' })
  const content: UserContent = [
    { type: 'text', text: '画只猫' },
    { type: 'image', image: PICTURE },
  ]
  const messages: ModelMessage[] = [{ role: 'user', content }]
  const withImage = await generateText({ model, messages })
  expect(withImage.usage.inputTokens).toBeGreaterThan(without.usage.inputTokens ?? 0)
  expect(picturesIn(withImage.text)).not.toEqual(picturesIn(without.text))
  expect(await streamText({ model, messages }).text).toBe(withImage.text)
})

test('an unknown model throws an APICallError and is not retried', async () => {
  const asked = vi.fn<typeof fetch>(fetch)
  const model = createOpenAICompatible({ name: 'mock', baseURL: mock.baseURL, apiKey: 'any', fetch: asked })('gpt-9')
  const error: unknown = await generateText({ model, prompt: 'x' }).catch((reason: unknown) => reason)
  expect(APICallError.isInstance(error)).toBe(true)
  expect(error).toMatchObject({
    statusCode: 404,
    isRetryable: false,
    message: expect.stringContaining("'gpt-9' does not exist"),
    data: { error: { code: 'model_not_found' } },
  })
  expect(asked).toHaveBeenCalledTimes(1)

  const errors: unknown[] = []
  await streamText({ model, prompt: 'x', onError: ({ error: reason }) => void errors.push(reason) }).consumeStream()
  expect(errors).toEqual([expect.objectContaining({ statusCode: 404, isRetryable: false })])
  expect(asked).toHaveBeenCalledTimes(2)
})

test('a mock without a port works as the fetch of the provider', async () => {
  await using inProcess = await createMock()
  const local = createOpenAICompatible({
    name: 'mock',
    baseURL: inProcess.baseURL,
    apiKey: 'any',
    fetch: inProcess.fetch,
  })
  const { text } = await generateText({ model: local('nano-banana'), prompt: 'x' })
  expect(text).toMatch(/^\n!\[Image\]\(http:\/\/mock\.invalid\/cdn\//)
})

test('an abort ends a wait and a stream at once (mock without a port)', async () => {
  await using inProcess = await createMock()
  const model = createOpenAICompatible({
    name: 'mock',
    baseURL: inProcess.baseURL,
    apiKey: 'any',
    fetch: inProcess.fetch,
  })('flux')
  const aborting = new AbortController()
  await inProcess.script('retry-stall') // waits five minutes before the response
  const waiting = generateText({ model, prompt: 'x', abortSignal: aborting.signal, maxRetries: 0 })
  while ((await inProcess.pending()).length > 0) await new Promise((resolve) => setImmediate(resolve))
  aborting.abort()
  await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))

  await inProcess.script('slow-hang') // pauses for an hour in the middle
  const inStream = new AbortController()
  const parts: string[] = []
  for await (const { type } of streamText({ model, prompt: 'x', abortSignal: inStream.signal }).fullStream) {
    parts.push(type)
    if (type === 'text-delta') inStream.abort()
  }
  expect(parts.at(-1)).toBe('abort')
})
