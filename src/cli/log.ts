import type { Handled } from '../server/settings.ts'
import type { Log } from './flags.ts'

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

// The name of a picture may have 1,500 characters.
function shorten(path: string): string {
  return path.length > 120 ? `${path.slice(0, 80)}…${path.slice(-36)}` : path
}
