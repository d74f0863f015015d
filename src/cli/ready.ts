import http from 'node:http'
import type { ProbeResult } from '../mock/wait-until-ready.ts'
import { READYZ, reasonOf, refusalOf, toBase, untilReady } from '../mock/wait-until-ready.ts'
import type { Options } from './flag.ts'

/** Milliseconds that a mock may take to answer: one that is at work answers late, and is ready all the same. */
const PATIENCE = 2000

/** Asks the mock that is meant whether it is ready, until it is or the options' time is over; an error says in one line why it is not. */
export async function askReady(
  targets: readonly string[],
  options: Pick<Options, 'host' | 'port' | 'wait'>,
): Promise<void> {
  const url = toBase(targets[0] ?? toUrl(options), 'ready')
  await untilReady({ url, wait: options.wait ?? 0, patience: PATIENCE, ask: async (patience) => probe(url, patience) })
}

// Where the mock listens that the same options start: behind all addresses, at this machine's own.
function toUrl({ host = '127.0.0.1', port }: Pick<Options, 'host' | 'port'>): string {
  if (port === 0) throw new RangeError('ready: port 0 is any free one; give the address that the mock printed')
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

// By Node's own client: the global fetch takes longer to load than all the rest of the command.
async function probe(url: string, patience: number): Promise<ProbeResult<true>> {
  const { get } = url.startsWith('https:') ? await import('node:https') : http
  const signal = AbortSignal.timeout(patience)
  return new Promise((resolve) => {
    const request = get(`${url}${READYZ}`, { agent: false, signal }, ({ statusCode = 0, headers }) => {
      const version = headers['x-mock-version']?.toString()
      resolve(version !== undefined && statusCode === 200 ? { value: true } : refusalOf(url, statusCode, version))
      request.destroy()
    })
    request.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy()
      resolve(refusalOf(url, statusCode, undefined))
    })
    request.on('error', (error) =>
      resolve({ reason: signal.aborted ? `no answer within ${patience / 1000} s` : reasonOf(error), isFinal: false }),
    )
  })
}
