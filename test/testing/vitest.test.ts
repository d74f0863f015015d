import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, test as base } from 'vitest'
import { createMock } from '../../src/index.ts'
import type { MockFixtures } from '../../src/testing/vitest.ts'
import { mockFixtures, test } from '../../src/testing/vitest.ts'
import { ask, picturesIn } from '../ask.ts'

describe('a test that names `mock` gets a session of its own', () => {
  const seen = new Set<string>()

  test.for([1, 2, 3])('of one mock for the whole file: %i', async (n, { mock, mockServer }) => {
    expect(mock.baseURL).toBe(`${mockServer.url}/v1`)
    expect(mock.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await ask(mock)
    expect(await mock.exchanges()).toHaveLength(1)
    seen.add(mock.apiKey)
    expect(seen.size, 'each has another key').toBe(n)
    expect(await mockServer.exchanges()).toHaveLength(n)
  })

  test('that scripts and asks as its client does', async ({ mock }) => {
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

inProcess('any mock can be the one that the tests of a file share, one in process too', async ({ mock }) => {
  expect(mock.url).toBe('http://mock.invalid')
  expect((await mock.fetch('/v1/models')).status).toBe(200)
  expect(await mock.exchanges()).toHaveLength(1)
})

base('what was scripted and never asked for fails the test, and what was asked instead is shown', () => {
  const root = join(import.meta.dirname, 'vitest')
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--config', join(root, 'vitest.config.ts')], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{')))
  const told = Object.fromEntries(
    testResults[0].assertionResults.map(({ title, status: outcome, failureMessages }: any) => [
      title,
      [outcome, failureMessages.join('\n')],
    ]),
  )
  expect(status).toBe(1)
  expect(told['passes']).toEqual(['passed', ''])
  expect(told['is never asked for what it scripts']).toEqual([
    'failed',
    expect.stringMatching(
      /Scripted responses that no request has used \(1\):\n.*\n +2 +retry-503[^]+Requests received instead \(1\):\n.*\n.* nano-banana +200 .* a fox/,
    ),
  ])
  expect(told['shows another picture']).toEqual([
    'failed',
    expect.stringMatching(
      /expected the picture of the mock for\n {2}prompt +a cat\nand it is one for\n {2}prompt +a fox/,
    ),
  ])
})
