import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const CLI = resolve(import.meta.dirname, '../../dist/cli.js')

test.runIf(process.platform === 'linux')(
  'connections leave descriptors for the modules that are loaded late',
  async () => {
    const script = 'ulimit -n 300; exec "$0" "$@"'
    const child = spawn('sh', ['-c', script, process.execPath, CLI, '--port', '0', '--log', 'silent'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill())
    const url = String((await once(child.stdout, 'data'))[0]).trim()
    const sockets = Array.from({ length: 400 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
      onTestFinished(() => void socket.destroy())
      return socket
    })
    const refused = sockets.slice(300)
    await Promise.all(refused.map(async (socket) => socket.closed || once(socket.resume(), 'close')))
    const statuses: string[] = []
    for (const path of ['exchanges', 'metrics', 'coverage']) {
      sockets[0]?.write(`GET /__mock/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      for (let status: string | undefined; status === undefined;) {
        const [data] = await once(sockets[0]!, 'data')
        status = /^HTTP\/1\.1 (\d+)/.exec(String(data))?.[1]
        if (status !== undefined) statuses.push(status)
      }
    }
    expect(statuses).toEqual(['200', '200', '200'])
  },
)
