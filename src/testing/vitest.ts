import { type TestContext, expect, test as base } from 'vitest'
import type { Mock, Session } from '../mock/session.ts'
import { startMock } from '../mock/create-mock.ts'
import { type Expected, toBePlaceholderFor } from './matchers.ts'
import { checkPending, openedBy } from './pending.ts'

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any -- name and type parameter are given by Vitest
  interface Matchers<T = any> {
    /** Checks that a picture (URL, bytes or data URI) is the one that the mock draws for the expected values. */
    toBePlaceholderFor: (expected: Expected) => T
  }
}

expect.extend({ toBePlaceholderFor })

/**
 * The fixtures of a test. A test gets the ones that it names.
 * @example
 * const test = base.extend<MockFixtures>(mockFixtures(async () => createMock({ errors: 'gateway' })))
 */
export interface MockFixtures {
  /** A session of the mock, only for this test. */
  readonly mock: Session
  /** The mock that all tests of a file share. */
  readonly mockServer: Mock
}

/**
 * Fixtures for `test.extend`: a mock for each file, and a session for each test. A test fails if a response that it
 * scripted was not used; the message lists the requests received.
 * @param open Opens the mock. Defaults to `startMock` on a free port.
 * @example
 * export const test = base.extend<MockFixtures>(mockFixtures(() => connectMock('http://localhost:4010')))
 */
export function mockFixtures(open: () => Promise<Mock> = startMock): MockFixtureFunctions {
  return {
    mockServer: [openedBy(open), { scope: 'file' }],
    mock: async ({ mockServer, onTestFinished }, use) => {
      const session = mockServer.session()
      onTestFinished(async () => checkPending(session))
      await use(session)
    },
  }
}

/**
 * The argument of `base.extend`.
 * @example
 * const fixtures: MockFixtureFunctions = mockFixtures(async () => startMock({ pace: 'real' }))
 */
export interface MockFixtureFunctions {
  readonly mockServer: [(context: object, use: (mock: Mock) => Promise<void>) => Promise<void>, { scope: 'file' }]
  readonly mock: (
    context: TestContext & { readonly mockServer: Mock },
    use: (session: Session) => Promise<void>,
  ) => Promise<void>
}

/**
 * Vitest's `test` with the fixture `mock`: a session of a mock on a free port.
 * @example
 * test('a client retries after a 503', async ({ mock }) => {
 *   await mock.script('retry-503')
 *   const client = new OpenAI({ baseURL: mock.baseURL, apiKey: mock.apiKey })
 *   …
 * })
 */
export const test = base.extend<MockFixtures>(mockFixtures())
