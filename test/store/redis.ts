import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@redis/client'

/** A Redis for one test. */
export interface Redis {
  readonly port: number
  readonly url: string
  /** The folder of its data. */
  readonly folder: string
  /** SIGSTOP stops its replies, SIGCONT resumes them. */
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void
  /** Kills it. Its data is lost, unless it was started with an append-only file. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port. */
  readonly start: () => Promise<void>
  /** Sends it a command. */
  readonly send: (...command: readonly string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** The command of a Redis or Valkey server on this machine, if there is one. */
export const SERVER = ['redis-server', 'valkey-server'].find(
  (command) => spawnSync(command, ['--version']).status === 0,
)

/** Why tests are skipped; empty if they run. */
export const SKIPPED = SERVER === undefined ? ' (skipped: there is no redis-server; apt-get install redis-server)' : ''

/** Starts a Redis on a free port. `more` are options of its command line. */
export async function startRedis(...more: readonly string[]): Promise<Redis> {
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'redis-'))]
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...more]
  const launch = async (): Promise<Server> => {
    const child = spawn(SERVER ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    for await (const line of createInterface(child.stdout)) if (/Ready to accept connections/.test(line)) break
    child.stdout.resume()
    return { child, ended }
  }
  let server = await launch()
  const kill = async (): Promise<void> => {
    server.child.kill('SIGKILL')
    await server.ended
  }
  return {
    port,
    folder,
    url: `redis://127.0.0.1:${port}/0`,
    signal: (name) => void server.child.kill(name),
    kill,
    start: async () => {
      server = await launch()
    },
    send: async (...command) => {
      const client = createClient({ url: `redis://127.0.0.1:${port}/0` })
      await client.connect()
      try {
        return await client.sendCommand([...command])
      } finally {
        client.destroy()
      }
    },
    close: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Server {
  readonly child: ReturnType<typeof spawn>
  readonly ended: Promise<unknown>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
