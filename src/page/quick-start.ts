import type { PlainRequest } from './request-source.ts'
import { JAVASCRIPT, writeText, writeValue } from './snippets/literal.ts'

/** The model of the sample request: one whose answer begins with the picture, otherwise the first one. */
export function sampleModel({
  models,
  facts,
}: {
  readonly models: readonly string[]
  readonly facts: readonly { readonly name: string; readonly style: string }[]
}): string {
  const isShort = (model: string): boolean => facts.some(({ name, style }) => name === model && style === 'markdown')
  return models.find(isShort) ?? models[0] ?? ''
}

/** The operation that is easiest to call, of those of a contract: one without a body and without parameters in its path. */
export function firstOperation<T extends Pick<PlainRequest, 'method' | 'path'>>(
  operations: readonly T[],
): T | undefined {
  const isEasy = ({ method, path }: T): boolean => method === 'GET' && !path.includes('{')
  return operations.find(isEasy) ?? operations.find(({ method }) => method === 'GET') ?? operations[0]
}

/** A path in which each parameter has a value. */
export function withValues(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '1')
}

/** A test for Vitest with a mock of its own: the first request is rejected, the second one gets a picture. */
export function firstTest({ model, prompt }: { readonly model: string; readonly prompt: string }): string {
  const chat = writeValue({ model, messages: [{ role: 'user', content: prompt }] }, JAVASCRIPT, { indent: '  ' })
  return `// npm install --save-dev vitest chat-image-mock openai
import { test } from 'chat-image-mock/vitest'
import OpenAI from 'openai'
import { expect } from 'vitest'

test('shows the picture after a rejected request', async ({ mock }) => {
  const client = new OpenAI({ baseURL: mock.baseURL, apiKey: mock.apiKey, maxRetries: 0 })
  const draw = () => client.chat.completions.create(${chat})
  await mock.script('limit-rate') // the next response
  await expect(draw()).rejects.toThrow('429')
  const completion = await draw()
  expect(JSON.stringify(completion)).toMatch(/https?:\\/\\/[^"]+\\/cdn\\/|data:image/)
  expect(await mock.exchanges()).toMatchObject([{ response: { status: 429 } }, { chat: { prompt: ${writeText([prompt], JAVASCRIPT)} } }])
})
`
}
