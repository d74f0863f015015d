import { Hono } from 'hono'
import { infoOf } from '../../openapi/contract.ts'
import { REMEMBERED, sizeOf } from '../../store/store.ts'
import { type Reply, jsonReply } from '../../util/reply.ts'
import { type Env, type MockContext, CONTROL } from '../context.ts'
import { guard, isOwnHost } from '../middleware/guard.ts'
import { send } from '../send.ts'
import { basePathOf, modelsOf } from './operations.ts'
import { otherMethods } from './other-methods.ts'

/** A route of the control API for monitoring. It works without zod, which takes long to load. */
export interface Probe {
  readonly summary: string
  /** JSON by default. */
  readonly mediaType?: string
  readonly respond: (mock: MockContext, host: string | undefined) => Reply | Promise<Reply>
}

/** The routes for monitoring. Those that are not guarded accept every host name. */
export const PROBES: Readonly<Record<string, Probe>> = {
  livez: { summary: 'Whether the process is running', respond: () => jsonReply({ status: 'ok' }) },
  readyz: {
    summary: 'Whether the mock is ready; 503 while it starts or shuts down, or if the store cannot be reached',
    respond: async ({ isReady, store }) =>
      isReady() && (await sizeOf(store)) !== undefined
        ? jsonReply({ status: 'ok' })
        : jsonReply({ status: 'not ready' }, { status: 503, headers: { 'retry-after': '1' } }),
  },
  health: {
    summary: 'Version, contract, and number of sessions and exchanges; only the status if the Host is not allowed',
    respond: health,
  },
  metrics: {
    summary: 'Metrics since the start, for Prometheus',
    mediaType: 'text/plain',
    respond: async (mock) => (await import('./prometheus.ts')).expositionOf(mock),
  },
}

/** Whether a path is one of the probes. */
export function isProbe(path: string): boolean {
  return path.startsWith(`${CONTROL}/`) && Object.hasOwn(PROBES, path.slice(CONTROL.length + 1))
}

const UNGUARDED = ['livez', 'readyz', 'health'].map((name) => `${CONTROL}/${name}`)

/** The control API, mounted at `/__mock`. All but the probes is loaded on first use, because zod loads slowly. */
export function controlApi(mock: MockContext): Hono<Env> {
  const load = async () => {
    const { handleControl, createControlApi } = await import('./control-api.ts')
    return { handleControl, api: createControlApi(mock) }
  }
  let loaded: ReturnType<typeof load> | undefined
  const app = new Hono<Env>()
  app.use(guard(UNGUARDED))
  for (const [name, { respond }] of Object.entries(PROBES)) {
    app.get(`/${name}`, async (c) => {
      c.get('context').endpoint = `${c.req.method} ${CONTROL}/${name}`
      return send(c, await respond(mock, c.req.header('host')))
    })
    app.all(`/${name}`, otherMethods(['GET']))
  }
  app.all('*', async (c, next) => {
    const { handleControl, api } = await (loaded ??= load())
    return handleControl(c, api, next)
  })
  return app
}

// A page whose host name was rebound to this address could read the response, so it then identifies nothing.
async function health(mock: MockContext, host: string | undefined): Promise<Reply> {
  const { contract, scenarios, store, version } = mock
  const size = await sizeOf(store)
  const isReady = mock.isReady() && size !== undefined
  const status = !isReady ? 'not ready' : size.lostAt === undefined ? 'ok' : 'store forgotten'
  if (host !== undefined && !isOwnHost(host, mock)) return jsonReply({ status })
  return jsonReply({
    status,
    version,
    contract: {
      ...infoOf(contract),
      operations: contract.operations.length,
      models: modelsOf(mock).values.length,
      basePath: basePathOf(mock),
    },
    scenarios: scenarios.size,
    sessions: size?.sessions ?? null,
    exchanges: size?.exchanges ?? null,
    store: {
      place: store.location ?? 'memory',
      reached: size !== undefined,
      ...(size?.lostAt !== undefined && { lostAt: new Date(size.lostAt).toISOString() }),
      notShared: store.location === undefined ? REMEMBERED : [],
    },
  })
}
