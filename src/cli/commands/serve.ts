import type { Writable } from 'node:stream'
import { version } from '#prepared'
import { CONTROL } from '../../app/context.ts'
import { startIn } from '../../mock/create-mock.ts'
import { parseRedisUrl } from '../../store/redis-url.ts'
import { REMEMBERED, StoreForgotten, StoreUnavailable } from '../../store/store.ts'
import { OptionError } from '../../util/option-error.ts'
import type { Command, Options } from '../command-line.ts'
import { createLineBuffer, createLog } from '../log.ts'
import { withProgress } from '../progress.ts'
import { checkScope, finish, readGoals } from './coverage.ts'

/** What the command needs of its process. */
export interface Terminal {
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Whether stderr shows colours; `NO_COLOR` turns them off. */
  readonly isColored: boolean
  /** Calls back at the first SIGTERM or SIGINT. */
  readonly onSignal: (end: () => void) => void
  /** Calls back when the process exits, for whatever reason. */
  readonly onExit: (last: () => void) => void
}

/**
 * Starts the mock. Its URL is the only line on stdout; its log is on stderr. At a signal it closes the mock, writes the
 * coverage and returns the exit code: 1 if the options make a violation or a low coverage an error.
 */
export async function serve({ options, warnings, nameOf }: Command, terminal: Terminal): Promise<number> {
  const { goals, others } = await readGoals(options, nameOf)
  const { grace, log: form, logLevel: level, ...mockOptions } = others
  const { stdout, stderr, isColored } = terminal
  const ended = new Promise<void>((end) => terminal.onSignal(end)) // the signal may come as soon as the URL is printed
  const lines = createLineBuffer(stderr, (count) =>
    log.event('warn', `dropped ${count} log lines: stderr was blocked`, { dropped: count }),
  )
  const log = createLog({ form: form ?? (stderr.isTTY === true ? 'pretty' : 'json'), level, isColored }, lines.add)
  terminal.onExit(lines.flush)
  const onFault = (error: unknown): void =>
    log.event(error instanceof StoreForgotten ? 'warn' : 'error', toText(error, nameOf))
  const [onExchange, onStream] = form === 'silent' ? [] : [log.request, log.stream]
  const given = { ...mockOptions, ...(onExchange && { onExchange }), onFault, processMetrics: true }
  const { mock, ...counts } = await withProgress(stderr, `loading ${mockOptions.spec ?? 'the mock'} …`, async () =>
    startIn(given, { onStream, onReload: log.reload, onStoreBack: (message) => log.event('info', message) }),
  )
  await checkScope(mock, goals, nameOf)
  const { url, baseURL } = mock
  for (const warning of warnings) log.event('warn', warning)
  const notice = replicaNotice(mockOptions)
  if (notice !== undefined) log.event('info', notice)
  stdout.write(`${url}\n`)
  const controlAPI = `${url}${CONTROL}/openapi.json`
  const page = options.page === false ? undefined : `${url}/`
  const pretty = [
    `chat-image-mock ${version} is ready, with ${counts.models} models and ${counts.scenarios} scenarios`,
    `         base URL:    ${baseURL}`,
    `         control API: ${controlAPI}`,
    ...(page === undefined ? [] : [`         page:        ${page}`]),
  ].join('\n')
  log.event('info', { json: 'ready', pretty }, { url, baseURL, ...counts, controlAPI, ...(page && { page }), version })
  await ended
  log.event(
    'info',
    { json: 'shutting down', pretty: `shutting down; waiting up to ${grace} s for open responses` },
    { grace },
  )
  await mock.close(grace)
  log.event('info', 'stopped')
  return finish(mock, goals, (line) => log.event('error', line))
}

// An invalid file and an unreachable store are the user's to fix. For any other error the place in the code is needed.
function toText(error: unknown, nameOf: Command['nameOf']): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof StoreUnavailable) return error.message
  if (error.name === 'FileError') return `${error.message}\n${KEPT}`
  return error instanceof OptionError ? `${error.describe(nameOf)}\n${KEPT}` : (error.stack ?? error.message)
}

const KEPT = 'keeping the previous files'

/**
 * What replicas of the mock share, for the log; undefined for a mock that only this machine can reach, which has no
 * replicas.
 */
function replicaNotice({ store, host = '127.0.0.1' }: Pick<Options, 'store' | 'host'>): string | undefined {
  const redis = store === undefined ? undefined : parseRedisUrl(store)
  const what = `${REMEMBERED.slice(0, -1).join(', ')} and ${REMEMBERED.at(-1)}`
  if (redis !== undefined) return `${what} are shared at ${redis.location}, prefix ${redis.prefix}`
  if (/^(?:localhost|127\.[\d.]+|::1)$/.test(host)) return undefined
  return `${what} are kept in this process only. Replicas can share them with --store.`
}
