import type { Reply } from '../../util/reply.ts'
import { jsonReply } from '../../util/reply.ts'
import { REMEMBERED, sizeOf } from '../../store/store.ts'
import type { ControlApi, Controlled } from './controlled.ts'
import type { Answer, Endpoint } from '../endpoint.ts'
import { isLink } from './pictures.ts'
import { basePathOf, modelsOf } from '../operations.ts'

/** Where the control API begins. */
export const CONTROL = '/__mock'

/** Whether a path belongs to the control API; links that moved below it, behind `prefix`, do not. */
export function isControl(path: string, prefix: string): boolean {
  if (!path.startsWith(CONTROL) || (path.length > CONTROL.length && path[CONTROL.length] !== '/')) return false
  return prefix === '' || !isLink(path, prefix)
}

const PROBES = new Set(['livez', 'readyz', 'health'].map((name) => `${CONTROL}/${name}`))

/** Whether a path of the control API is one that every probe may ask, whatever its host. */
export function isProbe(path: string): boolean {
  return PROBES.has(path)
}

/** What Prometheus asks for. */
export const METRICS = `${CONTROL}/metrics`

/** The endpoints of the control API: those that every probe asks, and those that are loaded by the first request for one. */
export function controlEndpoints(controlled: Controlled): Endpoint[] {
  let api: Promise<ControlApi> | undefined
  const loaded: Answer = async (request, _path, trace) => {
    api ??= import('./control-api.ts').then(({ createControlApi }) => createControlApi(controlled))
    return (await api)(request, trace)
  }
  let exposition: Promise<() => Promise<Reply>> | undefined
  const scraped: Answer = async () => {
    exposition ??= import('./prometheus.ts').then(({ createExposition }) => createExposition(controlled))
    return (await exposition)()
  }
  return [
    ...probeEndpoints(controlled),
    { template: METRICS, answers: { GET: scraped } },
    ...Object.entries(LOADED).map(([path, methods]) => ({
      template: `${CONTROL}/${path}`,
      answers: Object.fromEntries(methods.map((method) => [method, loaded])),
    })),
  ]
}

const LOADED = {
  exchanges: ['GET', 'DELETE'],
  'exchanges/{id}': ['GET'],
  scenarios: ['GET'],
  script: ['GET', 'POST'],
  reset: ['POST'],
  coverage: ['GET'],
  'openapi.json': ['GET'],
} as const

function probeEndpoints({ settings, isReady }: Controlled): Endpoint[] {
  const { contract, version, choosing } = settings
  const { store } = choosing
  const health = async (): Promise<Reply> => {
    const size = await sizeOf(store)
    return jsonReply({
      status: isReady() && size !== undefined ? 'ok' : 'not ready',
      version,
      contract: {
        title: contract.title,
        version: contract.version,
        operations: contract.operations.length,
        models: modelsOf(settings).values.length,
        basePath: basePathOf(settings),
      },
      scenarios: choosing.catalogue.size,
      sessions: size?.sessions ?? null,
      exchanges: size?.exchanges ?? null,
      store: {
        place: store.location ?? 'memory',
        reached: size !== undefined,
        notShared: store.location === undefined ? REMEMBERED : [],
      },
    })
  }
  const ready = async (): Promise<Reply> =>
    isReady() && (await sizeOf(store)) !== undefined
      ? jsonReply({ status: 'ok' })
      : jsonReply({ status: 'not ready' }, { status: 503, headers: { 'retry-after': '1' } })
  return [
    { template: `${CONTROL}/livez`, answers: { GET: () => jsonReply({ status: 'ok' }) } },
    { template: `${CONTROL}/readyz`, answers: { GET: ready } },
    { template: `${CONTROL}/health`, answers: { GET: health } },
  ]
}
