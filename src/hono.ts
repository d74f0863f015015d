import { setMaxListeners } from 'node:events'
import { Hono } from 'hono'
import { createApp as createMockApp } from './app/app.ts'
import { createMockContext } from './app/mock-context.ts'
import { type MockOptions, MOCK_OPTIONS, ownOptions } from './mock/options.ts'
import { toSettings } from './mock/to-settings.ts'

export type { ControlApi } from './app/routes/control-api.ts'

/**
 * Creates the mock as a Hono app: mount it with `app.route('/mock', …)`, call it with `app.request()`, or export it
 * for Bun or Deno. Its links include the path at which it is mounted. Throws a RangeError for an invalid option.
 * @example
 * const app = new Hono()
 * app.route('/mock', await createApp({ seed: 7 }))
 * export default app
 */
export async function createApp(options: Omit<MockOptions, 'watch'> = {}): Promise<Hono> {
  const { watch, ...rest }: MockOptions = ownOptions(options, MOCK_OPTIONS)
  if (watch !== undefined) throw new RangeError('watch: createApp cannot watch files. Use startMock.')
  const { signal } = new AbortController() // never aborts: an app is not closed
  setMaxListeners(0, signal)
  const context = createMockContext(await toSettings(rest), { isReady: () => true, closing: signal, ending: signal })
  return new Hono().route('/', createMockApp(context))
}
