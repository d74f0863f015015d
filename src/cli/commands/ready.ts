import http from 'node:http'
import { type ProbeResult, READYZ, reasonOf, refusalOf, toBase, untilReady } from '../../mock/wait-until-ready.ts'
import type { Options } from '../command-line.ts'

const PATIENCE = 2000 // milliseconds for one probe: a busy mock responds late, but is ready

/**
 * Waits until a mock is ready: at the given URL, otherwise at the host and port of the options. An Error says in one
 * line why it is not ready within `wait` seconds.
 */
export async function ready(url: string | undefined, { wait = 0, ...options }: Options): Promise<void> {
  await untilReady(toBase(url ?? urlOf(options), 'ready'), { wait, patience: PATIENCE, probe })
}

// A mock that listens on all addresses is reached at 127.0.0.1.
function urlOf({ host = '127.0.0.1', port }: Pick<Options, 'host' | 'port'>): string {
  if (port === 0)
    throw new RangeError('ready: port 0 is any free port. Use the URL that the mock printed: chat-image-mock ready URL')
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

// With node:http: the global fetch takes longer to load than the rest of the command, and rejects an upgrade without
// its status.
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
      resolve({ reason: signal.aborted ? `no response within ${patience / 1000} s` : reasonOf(error), isFinal: false }),
    )
  })
}
