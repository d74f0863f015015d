import type { Handled } from '../server/settings.ts'
import { readAddress } from '../store/address.ts'
import { REMEMBERED } from '../store/store.ts'
import type { Log, Options } from './flags.ts'

/** One line for a request, without the line's end; control characters of a path are escaped. */
export function toLine(exchange: Handled, log: Exclude<Log, 'silent'>, now: Date): string {
  const { method, path, status, duration, requestId, note, error } = exchange
  const ms = Math.round(duration * 10) / 10
  if (log === 'json')
    return JSON.stringify({
      time: now.toISOString(),
      method,
      path: shorten(path),
      status,
      ms,
      request_id: requestId,
      ...(note === undefined ? {} : { note }),
      ...(error === undefined ? {} : { error }),
    })
  const line = `${now.toISOString().slice(11, 19)} ${status} ${method} ${shorten(path)} ${ms} ms${note === undefined ? '' : ` (${note})`}${error === undefined ? '' : `: ${error}`}`
  return line.replaceAll(/\p{Cc}/gu, '?')
}

/** The line at the start that tells where is remembered what is asked; undefined for a mock of this machine alone, which has no replicas. */
export function toStartLine({ store, host = '127.0.0.1' }: Pick<Options, 'store' | 'host'>, log: Exclude<Log, 'silent'>, now: Date): string | undefined {
  const address = store === undefined ? undefined : readAddress(store)
  if (address === undefined && /^(?:localhost|127\.[\d.]+|::1)$/.test(host)) return undefined
  const what = `${REMEMBERED.slice(0, -1).join(', ')} and ${REMEMBERED.at(-1)}`
  const message = address === undefined ? `${what} are of this process alone; several replicas share them with --store` : `${what} are shared at ${address.place}, prefix ${address.prefix}`
  return log === 'json' ? JSON.stringify({ time: now.toISOString(), message }) : message
}

// The name of a picture may have 1,500 characters.
function shorten(path: string): string {
  return path.length > 120 ? `${path.slice(0, 80)}…${path.slice(-36)}` : path
}
