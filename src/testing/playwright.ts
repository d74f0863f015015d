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
import { type Expected, type Matched, toBePlaceholderFor } from './matchers.ts'
import { checkPending, openedBy } from './pending.ts'

/**
 * Playwright's own `expect` with a matcher for the pictures of the mock.
 * @example
 * await expect.poll(() => page.getByRole('img').getAttribute('src')).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export const expect = baseExpect.extend({
  /** Whether a picture (URL, bytes or data URI) is the one that the mock draws for the expected values. */
  toBePlaceholderFor: (picture: Picture | null, expected: Expected): Matched => {
    if (picture === null)
      throw new TypeError('toBePlaceholderFor: null is no picture; does the element have this attribute?')
    return toBePlaceholderFor(picture, expected)
  },
})

type Picture = Parameters<typeof toBePlaceholderFor>[0]

/**
 * Options for `use`, in a config, a file or a group of tests.
 * @example
 * export default defineConfig<MockTestOptions>({ use: { mockedURL: 'https://api.example.com/v1' } })
 */
export interface MockTestOptions {
  /**
   * The base URL of the provider that the pages under test call. The mock answers all requests below it, and those for its
   * pictures; none of them reaches the network. Such an answer arrives in one piece, even a stream, and a connection that the mock
   * resets is a failed request. Pages of this machine that call `mock.baseURL` do not need this option, and read streams as they come.
   * @example
   * test.use({ mockedURL: 'https://api.example.com/v1' })
   */
  readonly mockedURL: string | undefined
}

/**
 * The fixtures of a test: it gets those that it names.
 * @example
 * test('…', async ({ page, mock }) => expect(await mock.exchanges()).toEqual([]))
 */
export interface MockFixtures extends MockTestOptions {
  /** A session of the mock for this test and its pages alone. */
  readonly mock: Session
}

/**
 * The fixtures that the tests of a worker share.
 * @example
 * test.beforeEach(async ({ mockServer }) => mockServer.reset()) // with workers: 1
 */
export interface MockWorkerFixtures {
  /** The mock that the tests of a worker share. */
  readonly mockServer: Mock
}

/**
 * Fixtures for `test.extend`: a mock for each worker, and a session of it for each test. The requests of the pages in a test's
 * `context` belong to its session; a test without pages starts no browser. A test fails if it scripts answers that no request
 * takes; the message shows the requests that came instead. A context from `browser.newContext()` belongs to no session, unless its
 * pages send `mock.apiKey`.
 * @param open Opens the mock. Defaults to `startMock` on a free port. A page can only reach a mock that has a port.
 * @example
 * export const test = base.extend<MockFixtures, MockWorkerFixtures>(mockFixtures(() => connectMock('http://127.0.0.1:4010')))
 */
export function mockFixtures(open: () => Promise<Mock> = startMock): MockFixtureFunctions {
  return {
    mockServer: [openedBy(open), { scope: 'worker' }],
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
 * The parameter of `base.extend`.
 * @example
 * const fixtures: MockFixtureFunctions = mockFixtures(async () => startMock({ pace: 'real' }))
 */
export type MockFixtureFunctions = Fixtures<
  MockFixtures,
  MockWorkerFixtures,
  PlaywrightTestArgs & PlaywrightTestOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>

// Requests to the mock's base URL go to it directly and can stream. Those of pages from another origin are fulfilled here: a browser
// does not let such a page reach this machine.
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

// A connection that the mock resets, or that is still open at the end of the test, is a failed request.
async function answer(asked: Route, url: string, mock: Session): Promise<void> {
  const headers = { ...headersOf(asked, mock), host: new URL(url).host }
  const response = await asked.fetch({ url, headers, timeout: 0, maxRedirects: 0 }).catch(() => undefined)
  await (response === undefined ? asked.abort('connectionreset') : asked.fulfill({ response }))
}

// The session's headers, unless the page selects a session itself.
function headersOf(asked: Route, mock: Session): Record<string, string> {
  return { ...mock.headers, ...asked.request().headers() }
}

// In a browser's form, without a trailing slash.
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
 * A test whose `mock` is a session of a mock on a free port; the requests of its pages belong to it.
 * @example
 * test.use({ mockedURL: 'https://api.example.com/v1' })
 *
 * test('the page retries after a 503', async ({ page, mock }) => {
 *   await mock.script('retry-503')
 *   await page.goto('/')
 *   …
 * })
 */
export const test = base.extend<MockFixtures, MockWorkerFixtures>(mockFixtures())
