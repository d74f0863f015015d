import { access, constants, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { version } from '#prepared'
import type { Coverage } from '../../journal/coverage.ts'
import { startIn } from '../../mock/create-mock.ts'
import { parseRedisUrl } from '../../store/redis-url.ts'
import { REMEMBERED } from '../../store/store.ts'
import type { Options } from '../command-line.ts'
import { createLineBuffer, createLog } from '../log.ts'

/** What the command needs of its process. */
export interface Terminal {
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Calls back at the first SIGTERM or SIGINT. */
  readonly onSignal: (end: () => void) => void
  /** Calls back when the process exits, for whatever reason. */
  readonly onExit: (last: () => void) => void
}

/**
 * Starts the mock and writes its address to stdout, its log to stderr. At a signal it closes the mock, writes the coverage and
 * returns the exit code: 1 if requests violated the contract and the options make that an error.
 */
export async function serve(options: Options, warnings: readonly string[], terminal: Terminal): Promise<number> {
  const { grace, log: form, logLevel: level, coverage: file, failOnViolation = false, ...mockOptions } = options
  if (file !== undefined) await checkFolder(dirname(resolve(file)))
  const ended = new Promise<void>((end) => terminal.onSignal(end)) // whoever reads the address may send the signal at once
  const lines = createLineBuffer(terminal.stderr, (count) =>
    log.event('warn', `${count} lines of the log were left out, since nobody read it`),
  )
  const style = { form: form ?? (terminal.stderr.isTTY === true ? 'pretty' : 'json'), level }
  const log = createLog(style, lines.add)
  terminal.onExit(lines.flush)
  const onFault = (error: unknown): void => log.event('error', toText(error))
  const onExchange = style.form === 'silent' ? {} : { onExchange: log.request }
  const mock = await startIn({ ...mockOptions, ...onExchange, onFault, processMetrics: true }, true)
  for (const warning of warnings) log.event('warn', warning)
  const notice = replicaNotice(mockOptions)
  if (notice !== undefined) log.event('info', notice)
  terminal.stdout.write(`${mock.url}\n`)
  log.event('info', 'ready', { url: mock.url, version })
  await ended
  log.event('info', `ending: open answers have ${grace} s`, { grace })
  await mock.close(grace)
  log.event('info', 'ended')
  if (file === undefined && !failOnViolation) return 0
  const coverage = await mock.total()
  if (file !== undefined) await writeFile(file, await toReport(coverage, file))
  if (!failOnViolation || coverage.violations.length === 0) return 0
  const violations = coverage.violations.map(({ code, count, hint }) =>
    `  ${code} (${count}): ${hint}`.replaceAll(/\p{Cc}/gu, '?'),
  )
  log.event('error', ['requests broke the contract:', ...violations].join('\n'))
  return 1
}

async function checkFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch(() => {
    throw new Error(`--coverage: '${folder}' is no folder that can be written to`)
  })
}

// An invalid file and an unreachable store are the user's to fix. For any other error the place in the code is needed.
function toText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'StoreUnavailable') return error.message
  if (error.name === 'FileError') return `${error.message}\nthe files of before are used on`
  return error.stack ?? error.message
}

/** What replicas of the mock share, for the log; undefined for a mock that only this machine can reach, which has no replicas. */
function replicaNotice({ store, host = '127.0.0.1' }: Pick<Options, 'store' | 'host'>): string | undefined {
  const redis = store === undefined ? undefined : parseRedisUrl(store)
  const what = `${REMEMBERED.slice(0, -1).join(', ')} and ${REMEMBERED.at(-1)}`
  if (redis !== undefined) return `${what} are shared at ${redis.location}, prefix ${redis.prefix}`
  if (/^(?:localhost|127\.[\d.]+|::1)$/.test(host)) return undefined
  return `${what} are of this process alone; several replicas share them with --store`
}

async function toReport(coverage: Coverage, file: string): Promise<string> {
  const { toJUnit, toMarkdown } = await import('../../journal/coverage-report.ts')
  if (file.endsWith('.md')) return toMarkdown(coverage)
  return file.endsWith('.xml') ? toJUnit(coverage) : `${JSON.stringify(coverage, null, 2)}\n`
}
