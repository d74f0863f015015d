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
 * Playwright's `expect` with a matcher for the pictures of the mock.
 * @example
 * const src = () => page.getByRole('img').getAttribute('src')
 * await expect.poll(src).toBePlaceholderFor({ model: 'flux', prompt: 'a fox' })
 */
export const expect = baseExpect.extend({
  /** Checks that a picture (URL, bytes or data URI) is the one that the mock draws for the expected values. */
  toBePlaceholderFor: (picture: Picture | null, expected: Expected): Matched => {
    if (picture === null)
      throw new TypeError('toBePlaceholderFor: null is not a picture. Check that the element has this attribute.')
    return toBePlaceholderFor(picture, expected)
  },
})

type Picture = Parameters<typeof toBePlaceholderFor>[0]

/**
 * Options for `use` in the configuration, a test file or a group of tests.
 * @example
 * export default defineConfig<MockTestOptions>({ use: { mockedURL: 'https://api.example.com/v1' } })
 */
export interface MockTestOptions {
  /**
   * The provider's base URL in the pages under test, for example `https://api.example.com/v1`. The mock responds to
   * all requests below it and to those for its pictures. None of them reaches the network. A page gets each of these
   * responses as a whole, including streams. A connection that the mock resets is a failed request. Pages on this
   * machine can call `mock.baseURL` instead, and then read streams while they are sent.
   * @example
   * test.use({ mockedURL: 'https://api.example.com/v1' })
   */
  readonly mockedURL: string | undefined
}

/**
 * The fixtures of a test. A test gets the ones that it names.
 * @example
 * test('…', async ({ page, mock }) => expect(await mock.exchanges()).toEqual([]))
 */
export interface MockFixtures extends MockTestOptions {
  /** A session of the mock, only for this test and its pages. */
  readonly mock: Session
}

/**
 * The fixtures that all tests of a worker share.
 * @example
 * test.beforeEach(async ({ mockServer }) => mockServer.reset()) // with workers: 1
 */
export interface MockWorkerFixtures {
  /** The mock that all tests of a worker share. */
  readonly mockServer: Mock
}

/**
 * Fixtures for `test.extend`: a mock for each worker, and a session for each test. Requests of the pages in a test's
 * `context` belong to its session; pages of `browser.newContext()` only if they send `mock.apiKey`. A test fails if a
 * response that it scripted was not used; the message lists the requests received. A test without pages does
 * not start a browser.
 * @param open Opens the mock. Defaults to `startMock` on a free port. Pages can only reach a mock that has a port.
 * @example
 * const fixtures = mockFixtures(() => connectMock('http://127.0.0.1:4010'))
 * export const test = base.extend<MockFixtures, MockWorkerFixtures>(fixtures)
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
 * The argument of `base.extend`.
 * @example
 * const fixtures: MockFixtureFunctions = mockFixtures(async () => startMock({ pace: 'real' }))
 */
export type MockFixtureFunctions = Fixtures<
  MockFixtures,
  MockWorkerFixtures,
  PlaywrightTestArgs & PlaywrightTestOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>

// Requests to the mock's base URL go directly to the mock and can stream. Requests to `mockedURL` are fulfilled here,
// because a browser does not let a page of another origin reach this machine.
async function join(context: BrowserContext, mock: Session, mockedURL: string | undefined): Promise<void> {
  const pass = async (route: Route): Promise<void> => route.continue({ headers: headersOf(route, mock) })
  if (mockedURL === undefined) {
    await context.route(below(mock.url), pass)
    return
  }
  const provider = toBase(mockedURL)
  await context.route(below(mock.url), async (route) => fulfil(route, route.request().url(), mock))
  await context.route(below(mock.baseURL), pass)
  await context.route(below(provider), async (route) =>
    fulfil(route, `${mock.baseURL}${route.request().url().slice(provider.length)}`, mock),
  )
}

// A request fails if the mock resets its connection, or if it is still open when the test ends.
async function fulfil(route: Route, url: string, mock: Session): Promise<void> {
  const headers = { ...headersOf(route, mock), host: new URL(url).host }
  const response = await route.fetch({ url, headers, timeout: 0, maxRedirects: 0 }).catch(() => undefined)
  await (response === undefined ? route.abort('connectionreset') : route.fulfill({ response }))
}

// Headers of the page override those that select the session.
function headersOf(route: Route, mock: Session): Record<string, string> {
  return { ...mock.headers, ...route.request().headers() }
}

// Writes a URL as a browser does, without a trailing slash.
function toBase(mockedURL: string): string {
  const { protocol, origin, pathname } = URL.canParse(mockedURL) ? new URL(mockedURL) : new URL('about:none')
  if (!/^https?:$/.test(protocol))
    throw new RangeError(
      `mockedURL: '${mockedURL}' is not a valid base URL. Use a URL such as https://api.example.com/v1.`,
    )
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

function below(url: string): RegExp {
  return new RegExp(String.raw`^${url.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(?:[/?#]|$)`)
}

/**
 * Playwright's `test` with the fixture `mock`: a session of a mock on a free port, for the requests of its pages.
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
