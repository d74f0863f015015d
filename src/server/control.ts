import type { Reply } from '../reply/reply.ts'
import { jsonReply } from '../reply/reply.ts'
import type { Endpoint } from './endpoint.ts'
import { isLink } from './links.ts'
import { modelsOf } from './operations.ts'
import type { Settings } from './settings.ts'

/** Where the control API begins. */
export const CONTROL = '/__mock'

/** Whether a path belongs to the control API; links that moved below it, behind `prefix`, do not. */
export function isControl(path: string, prefix: string): boolean {
  if (!path.startsWith(CONTROL) || (path.length > CONTROL.length && path[CONTROL.length] !== '/')) return false
  return prefix === '' || !isLink(path, prefix)
}

const PROBES = ['livez', 'readyz', 'health'].map((name) => `${CONTROL}/${name}`)

/** Whether a path of the control API is one that every probe may ask, whatever its host. */
export function isProbe(path: string): boolean {
  return PROBES.includes(path)
}

/** What the control API tells. */
export interface Controlled {
  readonly settings: Settings
  readonly isReady: () => boolean
  /** How many requests have come. */
  readonly countExchanges: () => number
}

/** The endpoints that every probe asks: health, livez, readyz. */
export function controlEndpoints({ settings, isReady, countExchanges }: Controlled): Endpoint[] {
  const { contract, version } = settings
  const health = (): Reply =>
    jsonReply({
      status: isReady() ? 'ok' : 'not ready',
      version,
      contract: { title: contract.title, version: contract.version, operations: contract.operations.length, models: modelsOf(settings).values.length },
      exchanges: countExchanges(),
    })
  const ready = (): Reply => (isReady() ? jsonReply({ status: 'ok' }) : jsonReply({ status: 'not ready' }, { status: 503, headers: { 'retry-after': '1' } }))
  return [
    { template: `${CONTROL}/livez`, answers: { GET: () => jsonReply({ status: 'ok' }) } },
    { template: `${CONTROL}/readyz`, answers: { GET: ready } },
    { template: `${CONTROL}/health`, answers: { GET: health } },
  ]
}
