import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createInterface } from 'node:readline'

/** The arguments of Node for each image, whose program listens on PORT and HOST and prints its URL. */
export type Images = Readonly<Record<string, readonly string[]>>

/** The arguments for the image of this package. */
export const OWN_IMAGE = [join(import.meta.dirname, '../../dist/cli.js')]

/** A container of the fake engine. */
export interface Container {
  readonly id: string
  /** The body of `POST /containers/create`. */
  readonly config: any
  readonly isRunning: boolean
}

/** A fake Docker engine. */
export interface Engine extends AsyncDisposable {
  /** Environment variables that point testcontainers to this engine and hide the developer's own configuration. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** All containers that were created and not removed. */
  readonly containers: () => readonly Container[]
  /** Method and path of each request. */
  readonly requests: readonly string[]
}

/**
 * Starts a fake Docker engine on loopback. It implements the part of the API that starts and stops containers, and
 * runs local programs as containers.
 */
export async function startEngine(images: Images): Promise<Engine> {
  const running = new Map<string, Program>()
  const requests: string[] = []
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`)
    const [status, body] = await answer({ images, running }, request).catch((error: unknown): Answer => [
      500,
      { message: String(error) },
    ])
    response.writeHead(status, {
      'content-type': body instanceof Buffer ? 'application/vnd.docker.multiplexed-stream' : 'application/json',
    })
    response.end(body === undefined || body instanceof Buffer ? body : JSON.stringify(body))
  }
  const server = createServer((request, response) => void reply(request, response))
  return {
    env: environmentOf(await listen(server)),
    containers: () => [...running.values()],
    requests,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running.values()].map(async (program) => program.stop()))
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const environmentOf = (port: number): Engine['env'] => ({
  DOCKER_HOST: `tcp://127.0.0.1:${port}`,
  TESTCONTAINERS_RYUK_DISABLED: 'true',
  TESTCONTAINERS_HOST_OVERRIDE: undefined,
  DOCKER_TLS_VERIFY: undefined,
  HOME: join(import.meta.dirname, 'no-home'), // without .testcontainers.properties and .docker
})

type Answer = readonly [status: number, body?: unknown]

interface EngineState {
  readonly images: Images
  readonly running: Map<string, Program>
}

async function answer({ images, running }: EngineState, request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://engine')
  const [, resource = '', id = '', verb = ''] =
    /^\/(\w+)(?:\/(.+?))?(?:\/(json|start|stop|restart|logs))?$/.exec(pathname) ?? []
  if (resource === 'info')
    return [200, { ServerVersion: '29.0.0', OperatingSystem: 'fake', OSType: 'linux', Architecture: 'x86_64' }]
  if (resource === 'images') return id in images ? [200, { Id: id }] : [404, { message: `No such image: ${id}` }]
  if (pathname === '/containers/json') return [200, []]
  if (pathname === '/containers/create') {
    const config: any = await json(request)
    const program = new Program(config, images[config.Image] ?? [])
    running.set(program.id, program)
    return [201, { Id: program.id, Warnings: [] }]
  }
  const program = running.get(id)
  if (resource !== 'containers' || program === undefined) return [404, { message: `No such container: ${id}` }]
  if (request.method === 'DELETE') return [running.delete(id) && !program.isRunning ? 204 : 409]
  if (verb === 'json') return [200, program.inspect()]
  if (verb === 'logs') return [200, program.logs()]
  if (verb === 'stop' && !program.isRunning) return [304]
  if (verb === 'stop' || verb === 'restart') await program.stop()
  if (verb === 'start' || verb === 'restart') await program.start()
  return [204]
}

class Program implements Container {
  readonly id = randomUUID().replaceAll('-', '')
  readonly config: any
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #port = '1' // no server listens on it
  #written = ''

  constructor(config: any, args: readonly string[]) {
    this.config = config
    this.#args = args
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the program. Resolves when it has printed its URL or has exited. */
  async start(): Promise<void> {
    const env = Object.fromEntries((this.config.Env ?? []).map((entry: string) => entry.split(/=(.*)/s)))
    const child = spawn(process.execPath, this.#args, {
      env: { PATH: process.env['PATH'], ...env, PORT: '0', HOST: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    child.stderr.on('data', (bytes) => (this.#written += bytes))
    const isListening = once(createInterface(child.stdout), 'line').then(([line]) => (this.#port = new URL(line).port))
    await Promise.race([isListening, once(child, 'close')])
  }

  async stop(): Promise<void> {
    if (!this.isRunning || this.#child === undefined) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  inspect(): object {
    return {
      Id: this.id,
      Name: '/fake',
      Config: { Hostname: this.id.slice(0, 12), Labels: this.config.Labels ?? {} },
      State: {
        Status: this.isRunning ? 'running' : 'exited',
        Running: this.isRunning,
        StartedAt: new Date(0).toISOString(),
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      HostConfig: { PortBindings: this.config.HostConfig.PortBindings },
      NetworkSettings: { Ports: { '4010/tcp': [{ HostIp: '0.0.0.0', HostPort: this.#port }] }, Networks: {} },
    }
  }

  /** The program's stderr in the frame format of the engine. */
  logs(): Buffer {
    const bytes = Buffer.from(this.#written)
    const head = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0])
    head.writeUInt32BE(bytes.length, 4)
    return Buffer.concat([head, bytes])
  }
}
