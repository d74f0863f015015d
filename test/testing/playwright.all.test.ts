import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'

const CHROMIUM = '/usr/bin/chromium'
if (!existsSync(CHROMIUM))
  console.warn(`Skipped the tests of chat-image-mock/playwright: ${CHROMIUM} is not installed.`)

describe.runIf(existsSync(CHROMIUM))('chat-image-mock/playwright, run by Playwright itself', () => {
  const output = mkdtempSync(join(tmpdir(), 'chat-image-mock-'))
  let outcomes: ReadonlyMap<string, string>
  beforeAll(async () => {
    await using mock = await startMock()
    const args = [
      '--no-install',
      'playwright',
      'test',
      '--config',
      join(import.meta.dirname, 'playwright/playwright.config.ts'),
    ]
    const run = promisify(execFile)('npx', args, {
      env: { ...process.env, MOCK_URL: mock.url, OUTPUT: output },
      timeout: 240_000,
      maxBuffer: 2 ** 26,
    })
    const { stdout } = await run.catch((error: { readonly stdout: string }) => error)
    outcomes = new Map(outcomesOf(JSON.parse(stdout)))
  })
  afterAll(() => rmSync(output, { recursive: true, force: true }))

  test.each([
    'a page that calls the mock shows its picture',
    'expect.poll waits for a picture',
    'a page reads a stream while it is sent, with mockedURL undefined',
    'a page reads a stream while it is sent, with mockedURL https://api.example.com/v1',
    'a page gets the response that its test has scripted',
    'the mock responds to a page on this machine',
    'the mock responds to a page on the internet',
    'the mock responds to an https page on the internet',
    'the mock responds to a page of the provider',
    'a page gets errors, truncated streams and reset connections',
    'a test passes if a stream is still open at its end',
    'the mock does not respond to requests outside mockedURL',
    'two tests run on one mock at the same time: a fox',
    'two tests run on one mock at the same time: a cat',
    'a test without pages does not start a browser',
    'a test can use a mock without a port',
  ])('%s', (title) => expect(outcomes.get(title)).toBe('passed'))

  test.each([
    [
      'a scripted response is not used',
      /Scripted responses that no request has used \(1\):\n.*\n +2 +retry-503[^]+Requests received \(1\):\n.*\n.* gpt-4o-image +200 stream .* a fox/,
    ],
    [
      'the picture has another prompt',
      /expected a picture of the mock with\n {2}prompt +a cat\nbut got one with\n {2}prompt +a fox/,
    ],
    [
      'mockedURL is invalid',
      /^RangeError: mockedURL: 'api\.example\.com' is not a valid base URL\. Use a URL such as https:\/\/api\.example\.com\/v1\./,
    ],
    ['the browser of a page is missing', /executable doesn't exist at \/missing\/chromium/],
  ])('fails: %s', (title, message) => expect(outcomes.get(title)).toMatch(message))

  test('no other tests ran', () => expect(outcomes.size).toBe(20))
})

interface Suite {
  readonly suites?: readonly Suite[]
  readonly specs?: readonly {
    readonly title: string
    readonly tests: readonly { readonly results: readonly Result[] }[]
  }[]
}

interface Result {
  readonly status: string
  readonly errors: readonly { readonly message: string }[]
}

// Maps the title of each test to `passed` or to its errors.
function outcomesOf({ suites = [], specs = [] }: Suite): [string, string][] {
  const own = specs.map(({ title, tests }): [string, string] => {
    const results = tests.flatMap((each) => each.results)
    return [
      title,
      results
        .map(({ status, errors }) =>
          errors.length === 0 ? status : errors.map(({ message }) => stripVTControlCharacters(message)).join('\n'),
        )
        .join('\n'),
    ]
  })
  return [...own, ...suites.flatMap(outcomesOf)]
}
