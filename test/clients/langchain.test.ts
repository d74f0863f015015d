import { HumanMessage } from '@langchain/core/messages'
import type { AIMessageChunk, UsageMetadata } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { createMock, startMock } from '../../src/index.ts'
import { picturesIn } from '../ask.ts'
import { STYLES, PICTURE, stayLocal } from './common.ts'

stayLocal()
for (const name of ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING', 'LANGCHAIN_TRACING_V2'])
  vi.stubEnv(name, 'false')

let mock: Mock
beforeAll(async () => {
  mock = await startMock()
})
afterAll(async () => mock.close())

function chatWith(model: string): ChatOpenAI {
  return new ChatOpenAI({ model, apiKey: 'any', configuration: { baseURL: mock.baseURL } })
}

async function streamed(chat: ChatOpenAI, input: string | HumanMessage[]): Promise<AIMessageChunk | undefined> {
  let sum: AIMessageChunk | undefined
  for await (const chunk of await chat.stream(input)) sum = sum?.concat(chunk) ?? chunk
  return sum
}

/** With exactOptionalPropertyTypes, LangChain's type of the usage is `never`. */
function usageOf({ usage_metadata }: AIMessageChunk): UsageMetadata | undefined {
  return usage_metadata
}

test.each(STYLES)(
  '%s with the prompt "%s": invoke and stream return the same content, usage and picture',
  async (name, prompt, words) => {
    const chat = chatWith(name)
    const whole = await chat.invoke(prompt)
    expect(whole.content).toContain(words)
    expect(whole.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: name })
    const { input_tokens = 0, output_tokens = 0, total_tokens } = usageOf(whole) ?? {}
    expect(Math.min(input_tokens, output_tokens)).toBeGreaterThan(0)
    expect(total_tokens).toBe(input_tokens + output_tokens)

    const sum = await streamed(chat, prompt)
    expect(sum?.content).toBe(whole.content)
    expect(sum?.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: name })
    expect(sum?.usage_metadata).toMatchObject({ input_tokens, output_tokens, total_tokens })

    const picture = await fetch(picturesIn(whole.text)[0] ?? '')
    expect([picture.status, picture.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^image\/(png|jpeg)$/),
    ])
  },
)

test('an image_url part adds tokens and changes the picture', async () => {
  const chat = chatWith('gpt-4o-image')
  const without = await chat.invoke('画只猫')
  const url = `data:image/png;base64,${PICTURE.toString('base64')}`
  const content = [
    { type: 'text', text: '画只猫' },
    { type: 'image_url', image_url: { url } },
  ]
  const messages = [new HumanMessage({ content })]
  const withImage = await chat.invoke(messages)
  expect(usageOf(withImage)?.input_tokens).toBeGreaterThan(usageOf(without)?.input_tokens ?? 0)
  expect(picturesIn(withImage.text)).not.toEqual(picturesIn(without.text))
  expect((await streamed(chat, messages))?.content).toBe(withImage.content)
})

test('an unknown model throws an error with the fields of OpenAI and is not retried', async () => {
  const asked = vi.fn<typeof fetch>(fetch)
  const chat = new ChatOpenAI({ model: 'gpt-9', apiKey: 'any', configuration: { baseURL: mock.baseURL, fetch: asked } })
  const error = {
    status: 404,
    code: 'model_not_found',
    lc_error_code: 'MODEL_NOT_FOUND',
    message: expect.stringContaining("'gpt-9' does not exist"),
  }
  await expect(chat.invoke('x')).rejects.toMatchObject(error)
  await expect(streamed(chat, 'x')).rejects.toMatchObject(error)
  expect(asked).toHaveBeenCalledTimes(2)
})

test('a mock without a port works as the fetch of the client', async () => {
  await using inProcess = await createMock()
  const local = new ChatOpenAI({
    model: 'nano-banana',
    apiKey: 'any',
    configuration: { baseURL: inProcess.baseURL, fetch: inProcess.fetch },
  })
  expect((await local.invoke('x')).content).toMatch(/^\n!\[Image\]\(http:\/\/mock\.invalid\/cdn\//)
})

test('an abort ends a wait and a stream at once (mock without a port)', async () => {
  await using inProcess = await createMock()
  const chat = new ChatOpenAI({
    model: 'flux',
    apiKey: 'any',
    maxRetries: 0,
    configuration: { baseURL: inProcess.baseURL, fetch: inProcess.fetch },
  })
  const aborting = new AbortController()
  await inProcess.script('retry-stall') // waits five minutes before the response
  const waiting = chat.invoke('x', { signal: aborting.signal })
  while ((await inProcess.pending()).length > 0) await new Promise((resolve) => setImmediate(resolve))
  aborting.abort()
  await expect(waiting).rejects.toThrow(/abort/i)

  await inProcess.script('slow-hang') // pauses for an hour in the middle
  const inStream = new AbortController()
  let chunks = 0
  const reading = async (): Promise<void> => {
    for await (const chunk of await chat.stream('x', { signal: inStream.signal }))
      if (chunk.content !== '' && ++chunks === 1) inStream.abort()
  }
  await expect(reading()).rejects.toThrow(/abort/i)
  expect(chunks).toBe(1)
})
