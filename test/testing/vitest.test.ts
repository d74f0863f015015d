import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, test as base } from 'vitest'
import { createMock } from '../../src/index.ts'
import type { MockFixtures } from '../../src/testing/vitest.ts'
import { mockFixtures, test } from '../../src/testing/vitest.ts'
import { ask, picturesIn } from '../ask.ts'

describe('a test that names `mock` gets its own session', () => {
  const seen = new Set<string>()

  test.for([1, 2, 3])('all tests of a file share one mock: %i', async (n, { mock, mockServer }) => {
    expect(mock.baseURL).toBe(`${mockServer.url}/v1`)
    expect(mock.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await ask(mock)
    expect(await mock.exchanges()).toHaveLength(1)
    seen.add(mock.apiKey)
    expect(seen.size, 'each session has another key').toBe(n)
    expect(await mockServer.exchanges()).toHaveLength(n)
  })

  test('the script and the client use the same session', async ({ mock }) => {
    await mock.script('retry-503')
    const client = new OpenAI({ baseURL: mock.baseURL, apiKey: mock.apiKey })
    const { choices } = await client.chat.completions.create({
      model: 'flux',
      messages: [{ role: 'user', content: 'a fox' }],
    })
    expect((await mock.exchanges()).map(({ response }) => response.status)).toEqual([503, 503, 200])
    expect(picturesIn(choices[0]?.message.content ?? '')[0]).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
  })
})

const inProcess = base.extend<MockFixtures>(mockFixtures(async () => createMock({ seed: 'own' })))

inProcess('the tests of a file can share a mock without a port', async ({ mock }) => {
  expect(mock.url).toBe('http://mock.invalid')
  expect((await mock.fetch('/v1/models')).status).toBe(200)
  expect(await mock.exchanges()).toHaveLength(1)
})

base('a test fails if a scripted response is not used, and lists the requests received', () => {
  const root = join(import.meta.dirname, 'vitest')
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--config', join(root, 'vitest.config.ts')], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  const outcomes = Object.fromEntries(
    testResults[0].assertionResults.map(({ title, status: outcome, failureMessages }: any) => [
      title,
      [outcome, failureMessages.join('\n')],
    ]),
  )
  expect(status).toBe(1)
  expect(outcomes['passes']).toEqual(['passed', ''])
  expect(outcomes['a scripted response is not used']).toEqual([
    'failed',
    expect.stringMatching(
      /Scripted responses that no request has used \(1\):\n.*\n +2 +retry-503[^]+Requests received \(1\):\n.*\n.* nano-banana +200 .* a fox/,
    ),
  ])
  expect(outcomes['the picture has another prompt']).toEqual([
    'failed',
    expect.stringMatching(
      /expected a picture of the mock with\n {2}prompt +a cat\nbut got one with\n {2}prompt +a fox/,
    ),
  ])
})
