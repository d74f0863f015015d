import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMock } from '../../src/index.ts'

const CHROMIUM = '/usr/bin/chromium'
if (!existsSync(CHROMIUM)) console.warn(`The tests of chat-image-mock/playwright are skipped: there is no ${CHROMIUM}.`)

describe.runIf(existsSync(CHROMIUM))('chat-image-mock/playwright, run by Playwright itself', () => {
  const output = mkdtempSync(join(tmpdir(), 'chat-image-mock-'))
  let told: ReadonlyMap<string, string>
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
    told = new Map(outcomesOf(JSON.parse(stdout)))
  })
  afterAll(() => rmSync(output, { recursive: true, force: true }))

  test.each([
    'a page that calls the mock shows its picture',
    'a picture is waited for',
    'a page reads a stream as it comes, with mockedURL undefined',
    'a page reads a stream as it comes, with mockedURL https://api.example.com/v1',
    'a page gets what its test has scripted',
    'what a page of this machine asks of its provider is answered by the mock',
    'what a page of the internet asks of its provider is answered by the mock',
    'what a page of the internet, by TLS asks of its provider is answered by the mock',
    'what a page of the provider itself asks of its provider is answered by the mock',
    'so are errors, a stream that ends too early, and what is reset',
    'a stream that is still open when the test ends fails nothing',
    'beside the URL nothing is answered',
    'a test of two at the same time on one mock: a fox',
    'a test of two at the same time on one mock: a cat',
    'a test that opens no page needs no browser',
    'nor a port',
  ])('%s', (title) => expect(told.get(title)).toBe('passed'))

  test.each([
    [
      'is never asked for what it scripts',
      /Scripted responses that no request has used \(1\):\n.*\n +2 +retry-503[^]+Requests received instead \(1\):\n.*\n.* gpt-4o-image +200 stream .* a fox/,
    ],
    [
      'shows another picture',
      /expected the picture of the mock for\n {2}prompt +a cat\nand it is one for\n {2}prompt +a fox/,
    ],
    [
      'has a mockedURL that is none',
      /^RangeError: mockedURL: 'api\.example\.com' is no base URL of a provider; write it as https:\/\/api\.example\.com\/v1/,
    ],
    ['opens a page without a browser', /executable doesn't exist at \/there\/is\/none/],
  ])('fails: %s', (title, message) => expect(told.get(title)).toMatch(message))

  test('these are all', () => expect(told.size).toBe(20))
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

// Each test by its title: that it passed, or its errors.
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
