import type { ChildProcess } from 'node:child_process'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { arch, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (name: string): string => readFileSync(join(root, name), 'utf8')
const { version } = JSON.parse(read('package.json'))
const IMAGE = 'chat-image-mock'
/** A release of Debian. A program that runs on it also runs on later ones. */
const SUITE = 'bookworm'

const works = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { timeout: 60_000 }).status === 0
const missing = [
  ...(process.platform === 'linux' && process.getuid?.() === 0 ? [] : ['root on Linux']),
  ...['buildah', 'debootstrap'].filter((program) => !works('which', program)),
]
/** New PID and mount namespaces: the mock is process 1, as in a container, and its root is read-only. */
const NAMESPACES = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
const hasNamespaces = missing.length === 0 && works('unshare', ...NAMESPACES.slice(1), 'true')
if (missing.length > 0) console.warn(`Skipped the tests of the image: missing ${missing.join(', ')}.`)
else if (!hasNamespaces)
  console.warn('The mock runs without a read-only root and not as process 1: unshare is not permitted.')

/** buildah stores everything below this folder. */
const folder = missing.length > 0 ? '' : mkdtempSync(join(tmpdir(), 'container-'))
const STATE = '/var/lib/containers' // except its cache of layers
const hadState = existsSync(STATE)
const env = {
  ...process.env,
  CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
  BUILDAH_ISOLATION: 'chroot',
  TMPDIR: folder,
}

/** Runs a program. `timeout` kills it and its children after five minutes. */
async function run(...command: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('timeout', ['300', ...command], {
    cwd: root,
    env,
    maxBuffer: 16_777_216,
  })
  return stdout.trim()
}

/** The configuration of an image. */
interface Config {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
  readonly ExposedPorts: object
  readonly Healthcheck: { readonly Test: readonly string[] }
  readonly Labels: Readonly<Record<string, string>>
}

let config: Config
let image: string

/**
 * Builds the Dockerfile and mounts the image as a container. During the build npm uses the configuration of this
 * machine, which is not part of the image.
 */
async function build(): Promise<void> {
  const [, base = '', major = ''] = /^FROM (node:(\d+)-slim)$/m.exec(read('Dockerfile')) ?? []
  writeFileSync(
    env.CONTAINERS_STORAGE_CONF,
    `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/graph"\nrunroot = "${folder}/run"\n`,
  )
  await run(join(import.meta.dirname, 'base.sh'), `docker.io/library/${base}`, major, SUITE, folder)
  const [registry, ca] = await Promise.all(
    ['registry', 'cafile'].map(async (name) => run('npm', 'config', 'get', name)),
  )
  const hasCa = ca !== undefined && existsSync(ca)
  writeFileSync(join(folder, 'npmrc'), `registry=${registry}\n${hasCa ? 'cafile=/root/ca.crt\n' : ''}`)
  const volumes = [`${folder}/npmrc:/root/.npmrc:ro`, ...(hasCa ? [`${ca}:/root/ca.crt:ro`] : [])]
  await run(
    'buildah',
    'bud',
    '--pull=never',
    '--network=host',
    '--format=docker',
    ...volumes.flatMap((volume) => ['--volume', volume]),
    '--tag',
    IMAGE,
    root,
  )
  config = JSON.parse(await run('buildah', 'inspect', '--type=image', IMAGE)).Docker.config
  image = await run('buildah', 'mount', await run('buildah', 'from', '--pull=never', IMAGE))
}

/** Runs a command in the image, with the user and the environment variables of the image. */
function inImage(command: readonly string[], variables: Record<string, string> = {}): ChildProcess {
  const own = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const [user = '', group = ''] = config.User.split(':')
  const asUser = [
    'setpriv',
    `--reuid=${user}`,
    `--regid=${group}`,
    '--clear-groups',
    '--no-new-privs',
    '--pdeathsig=KILL',
  ] // the process ends together with unshare
  const chroot = [
    'chroot',
    image,
    ...asUser,
    'env',
    '-i',
    `--chdir=${config.WorkingDir}`,
    ...config.Env,
    ...own,
    ...command,
  ]
  const mounts = ['sh', '-e', '-c', 'mount -o bind,ro "$0" "$0"; mount -t proc proc "$0/proc"; exec "$@"', image]
  const [program = '', ...args] = hasNamespaces ? [...NAMESPACES, ...mounts, ...chroot] : chroot
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

interface Ran {
  readonly code: number | null
  readonly output: string
}

async function ended(child: ChildProcess): Promise<Ran> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)))
  const [code] = await once(child, 'close')
  return { code, output }
}

const healthCheck = async (variables: Record<string, string>): Promise<Ran> =>
  ended(inImage(config.Healthcheck.Test.slice(1), variables))

/** The PID of the mock on this machine: it is a child of unshare. */
function pidOf({ pid = 0 }: ChildProcess): number {
  return hasNamespaces ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) : pid
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

const sizeOf = (path: string): number => {
  const status = statSync(path)
  return status.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : status.size
}

describe.runIf(missing.length === 0)('the image', () => {
  beforeAll(build, 600_000)
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    if (!hadState) rmSync(STATE, { recursive: true, force: true })
  })

  test('has labels, an entrypoint, a port and a health check', () => {
    expect(config).toMatchObject({
      User: '1000:1000',
      Entrypoint: ['chat-image-mock'],
      WorkingDir: '/app',
      ExposedPorts: { '4010/tcp': {} },
      Healthcheck: { Test: ['CMD', 'chat-image-mock', 'ready'] },
    })
    expect(config.Cmd ?? []).toEqual([])
    expect(config.Env).toEqual(expect.arrayContaining(['HOST=0.0.0.0', 'MALLOC_ARENA_MAX=1']))
    expect(config.Env.filter((line) => line.startsWith('PORT='))).toEqual([])
    expect(config.Labels).toMatchObject({
      'org.opencontainers.image.title': IMAGE,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.base.name': expect.stringMatching(/^docker\.io\/library\/node:\d+-slim$/),
    })
    expect(
      read('Dockerfile')
        .match(/node:\S+/g)
        ?.map((name) => name.replace('"', '')),
    ).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^node:26-slim$/)))
  })

  test('contains only what it needs to run, in less than 35 MB', () => {
    expect(readdirSync(join(image, 'app')).toSorted()).toEqual([
      'LICENSE',
      'dist',
      'fixtures',
      'node_modules',
      'openapi.yaml',
      'package.json',
    ])
    expect(readdirSync(join(image, 'app/fixtures'))).toEqual(['glyphs.LICENSE', 'glyphs.bin'])
    const files = readdirSync(join(image, 'app'), { recursive: true, encoding: 'utf8' })
    expect(files.filter((file) => /\.(?:[cm]?ts|map)$/.test(file))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining(['dist/LICENSES.txt', 'node_modules/@img/colour/LICENSE.md', 'node_modules/zod/LICENSE']),
    )
    expect(readdirSync(join(image, 'app/node_modules'))).not.toContain('typescript')
    expect(files.filter((file) => /^node_modules\/@img\/sharp-(?!libvips)[^/]+$/.test(file))).toEqual([
      `node_modules/@img/sharp-linux-${arch()}`,
    ])
    expect(sizeOf(join(image, 'app'))).toBeLessThan(35_000_000)
    const [npmrc, ca] = ['.npmrc', 'ca.crt'].map((name) => join(image, 'root', name))
    expect([npmrc, ca].filter((file) => file !== undefined && existsSync(file) && statSync(file).size > 0)).toEqual([]) // not from the machine that built it
  })

  test('runs as its user, draws, reports its health, and exits on SIGTERM', async () => {
    const variables = { PORT: await freePort() }
    expect(await healthCheck(variables)).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^chat-image-mock: no mock is ready at http:\/\/127\.0\.0\.1:\d+ after 0 s: connect ECONNREFUSED .*\n$/,
      ),
    })

    const mock = inImage([...config.Entrypoint, ...(config.Cmd ?? [])], variables)
    const end = ended(mock)
    try {
      expect(await healthCheck({ ...variables, MOCK_WAIT: '30' })).toEqual({ code: 0, output: '' })
      expect(readFileSync(`/proc/${pidOf(mock)}/status`, 'utf8')).toMatch(
        /^Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000$/m,
      )

      const url = `http://127.0.0.2:${variables.PORT}` // HOST is 0.0.0.0
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'nano-banana', messages: [{ role: 'user', content: '画只猫' }] }),
      }
      const { choices } = await (await fetch(`${url}/v1/chat/completions`, init)).json()
      const [, link = ''] = /!\[.*?\]\((.*?)\)/.exec(choices[0].message.content) ?? []
      expect(link).toContain(`${url}/cdn/`)
      const picture = await fetch(link)
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
      expect(Buffer.from(await picture.arrayBuffer()).subarray(0, 8)).toEqual(
        Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'),
      )

      const signalled = performance.now()
      process.kill(pidOf(mock), 'SIGTERM')
      const { code, output } = await end
      expect({ code, output }).toEqual({
        code: 0,
        output: expect.stringContaining('"path":"/v1/chat/completions","status":200'),
      })
      expect(performance.now() - signalled).toBeLessThan(5000) // an engine kills it after 10 s
      expect((await healthCheck(variables)).code).toBe(1)
    } finally {
      mock.kill('SIGKILL')
    }
  })

  test('has a Redis client', async () => {
    const mock = inImage(config.Entrypoint, { PORT: await freePort(), MOCK_STORE: 'redis://127.0.0.1:1' })
    const end = ended(mock)
    try {
      const [line] = await once(createInterface(mock.stderr ?? expect.fail('its stderr is read')), 'line')
      expect(JSON.parse(line)).toMatchObject({
        level: 'error',
        msg: 'the store at redis://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
      })
    } finally {
      mock.kill('SIGKILL')
      await end
    }
  })

  test.runIf(hasNamespaces)('runs with a read-only root', async () => {
    const written = await ended(inImage(['touch', '/tmp/written']))
    expect(written).toEqual({ code: 1, output: expect.stringContaining('Read-only file system') })
  })
})
