import { setMaxListeners } from 'node:events'
import { Hono } from 'hono'
import { createApp as createMockApp } from './app/app.ts'
import { createMockContext } from './app/mock-context.ts'
import { type MockOptions, MOCK_OPTIONS, ownOptions } from './mock/options.ts'
import { toSettings } from './mock/to-settings.ts'

export type { ControlApi } from './app/routes/control-api.ts'

/**
 * The mock as a Hono app: to be mounted in another one with `app.route('/mock', …)`, asked with `app.request()`, or exported
 * as a server of Bun or Deno. Its links follow the path at which it is mounted. A RangeError names the option that is wrong.
 * @example
 * const app = new Hono()
 * app.route('/mock', await createApp({ seed: 7 }))
 * export default app
 */
export async function createApp(options: Omit<MockOptions, 'watch'> = {}): Promise<Hono> {
  const { watch, ...rest }: MockOptions = ownOptions(options, MOCK_OPTIONS)
  if (watch !== undefined) throw new RangeError('watch: an app does not change after it was created; use startMock')
  const { signal: ending } = new AbortController() // an app has no end of its own
  setMaxListeners(0, ending)
  const context = createMockContext(await toSettings(rest), { isReady: () => true, ending })
  return new Hono().route('/', createMockApp(context))
}
