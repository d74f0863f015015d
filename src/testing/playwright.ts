import type {
  BrowserContext,
  Fixtures,
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  Route,
} from '@playwright/test'
import { expect as baseExpect, test as base } from '@playwright/test'
import type { Mock, Session } from '../mock/session.ts'
import { startMock } from '../mock/create-mock.ts'
import type { Expected, Matched } from './matchers.ts'
import { toBePlaceholderFor } from './matchers.ts'
import { checkPending } from './pending.ts'

/**
 * Playwright's own `expect`, which also knows the pictures of the mock.
 * @example
 * await expect.poll(() => page.getByRole('img').getAttribute('src')).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export const expect = baseExpect.extend({
  /** Whether a picture, by its URL, its bytes or its data URI, is the one that the mock draws for what is expected. */
  toBePlaceholderFor: (picture: Picture | null, expected: Expected): Matched => {
    if (picture === null)
      throw new TypeError('toBePlaceholderFor: null is no picture; does the element have this attribute?')
    return toBePlaceholderFor(picture, expected)
  },
})

type Picture = Parameters<typeof toBePlaceholderFor>[0]

/**
 * What `use` takes, in a config, a file or a group of tests.
 * @example
 * export default defineConfig<MockTestOptions>({ use: { mockedURL: 'https://api.example.com/v1' } })
 */
export interface MockTestOptions {
  /**
   * The base URL of the provider that the pages under test call. What they ask below it the mock answers, and nothing of it
   * reaches the network; the pictures neither, whatever host the page is of. Such an answer comes in one piece, a stream too, and
   * one whose connection is reset is a request that failed. Pages of this machine that call `mock.baseURL` need none of this, and
   * read a stream as it comes.
   * @example
   * test.use({ mockedURL: 'https://api.example.com/v1' })
   */
  readonly mockedURL: string | undefined
}

/**
 * What a test gets that names it.
 * @example
 * test('…', async ({ page, mock }) => expect(await mock.exchanges()).toEqual([]))
 */
export interface MockFixtures extends MockTestOptions {
  /** A session of a mock, for this test alone and for its pages. */
  readonly mock: Session
}

/**
 * What the tests of a worker share.
 * @example
 * test.beforeEach(async ({ mockServer }) => mockServer.reset()) // with workers: 1
 */
export interface MockWorkerFixtures {
  /** The mock that all tests of a worker share. */
  readonly mockServer: Mock
}

/**
 * Fixtures for `test.extend`: a mock for each worker, and a session of it for each test. What the pages of a test's `context`
 * ask of the mock belongs to its session; a test that opens no page starts no browser. What a test scripts and nobody asks for
 * fails it, and the message shows what was asked instead. A context that a test opens by `browser.newContext()` belongs to no
 * session, unless its pages send `mock.apiKey`.
 * @param open What opens the mock; on a free port of this machine unless it is given. A page reaches only a mock that has a port.
 * @example
 * export const test = base.extend<MockFixtures, MockWorkerFixtures>(mockFixtures(() => connectMock('http://127.0.0.1:4010')))
 */
export function mockFixtures(open: () => Promise<Mock> = startMock): MockFixtureFunctions {
  return {
    mockServer: [
      // oxlint-disable-next-line eslint/no-empty-pattern -- Playwright reads from the pattern which fixtures are needed
      async ({}, use) => {
        const mock = await open()
        await use(mock)
        await mock.close()
      },
      { scope: 'worker' },
    ],
    mock: async ({ mockServer }, use) => {
      const session = mockServer.session()
      await use(session)
      await checkPending(session)
    },
    mockedURL: [undefined, { option: true }],
    context: async ({ context, mock, mockedURL }, use) => {
      await join(context, mock, mockedURL)
      await use(context)
    },
  }
}

/**
 * What `base.extend` takes.
 * @example
 * const fixtures: MockFixtureFunctions = mockFixtures(async () => startMock({ pace: 'real' }))
 */
export type MockFixtureFunctions = Fixtures<
  MockFixtures,
  MockWorkerFixtures,
  PlaywrightTestArgs & PlaywrightTestOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>

// What the mock's base URL is asked goes there, and streams; the rest of a page from elsewhere is answered outside of it, since
// a browser lets no such page reach this machine.
async function join(context: BrowserContext, mock: Session, mockedURL: string | undefined): Promise<void> {
  const pass = async (asked: Route): Promise<void> => asked.continue({ headers: headersOf(asked, mock) })
  if (mockedURL === undefined) {
    await context.route(below(mock.url), pass)
    return
  }
  const provider = toBase(mockedURL)
  await context.route(below(mock.url), async (asked) => answer(asked, asked.request().url(), mock))
  await context.route(below(mock.baseURL), pass)
  await context.route(below(provider), async (asked) =>
    answer(asked, `${mock.baseURL}${asked.request().url().slice(provider.length)}`, mock),
  )
}

// A connection that the mock resets, or that is still open when the test ends, is a request that failed.
async function answer(asked: Route, url: string, mock: Session): Promise<void> {
  const headers = { ...headersOf(asked, mock), host: new URL(url).host }
  const response = await asked.fetch({ url, headers, timeout: 0, maxRedirects: 0 }).catch(() => undefined)
  await (response === undefined ? asked.abort('connectionreset') : asked.fulfill({ response }))
}

// The session's headers, unless the page names a session itself.
function headersOf(asked: Route, mock: Session): Record<string, string> {
  return { ...mock.headers, ...asked.request().headers() }
}

// As a browser writes it, without a slash at its end.
function toBase(mockedURL: string): string {
  const { protocol, origin, pathname } = URL.canParse(mockedURL) ? new URL(mockedURL) : new URL('about:none')
  if (!/^https?:$/.test(protocol))
    throw new RangeError(
      `mockedURL: '${mockedURL}' is no base URL of a provider; write it as https://api.example.com/v1`,
    )
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

function below(url: string): RegExp {
  return new RegExp(String.raw`^${url.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(?:[/?#]|$)`)
}

/**
 * A test whose `mock` is a session of a mock on a free port, as are the requests of its pages.
 * @example
 * test.use({ mockedURL: 'https://api.example.com/v1' })
 *
 * test('the page asks again after a 503', async ({ page, mock }) => {
 *   await mock.script('retry-503')
 *   await page.goto('/')
 *   …
 * })
 */
export const test = base.extend<MockFixtures, MockWorkerFixtures>(mockFixtures())
