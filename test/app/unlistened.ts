import type { Server } from 'node:http'
import type { Hono } from 'hono'
import { createApp } from '../../src/app/app.ts'
import type { Env, MockContext } from '../../src/app/context.ts'
import { createMockContext } from '../../src/app/mock-context.ts'
import { refusal } from '../../src/app/routes/errors.ts'
import { toSettings } from '../../src/mock/to-settings.ts'
import { InFlight } from '../../src/node/in-flight.ts'
import type { Served } from '../../src/node/server.ts'
import { createNodeServer } from '../../src/node/server.ts'

/** The app of a mock, with its context. */
export async function appWith(more: Partial<MockContext> = {}): Promise<{ app: Hono<Env>; context: MockContext }> {
  const { signal } = new AbortController()
  const surroundings = { isReady: () => true, closing: signal, ending: signal }
  const context = { ...createMockContext(await toSettings({}), surroundings), ...more }
  return { app: createApp(context), context }
}

/** A server that does not listen yet, with the app of a mock or another `fetch`. */
export async function serverWith(more: Partial<Served> = {}): Promise<Server> {
  const { app, context } = await appWith()
  return createNodeServer({
    fetch: (request, env) => app.fetch(request, env),
    refuse: (error) => refusal(context, error),
    isReady: () => true,
    inFlight: new InFlight(),
    isOwnProcess: false,
    ...more,
  })
}
