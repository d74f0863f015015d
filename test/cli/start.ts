import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** The built command. */
export const CLI = join(resolve(import.meta.dirname, '../..'), 'dist/cli.js')

/** Windows has no signals: Node ends the process at once. */
export const isWindows = process.platform === 'win32'

/** A running command. */
export interface Started extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams
  readonly url: string
  /** The lines on stderr. */
  readonly lines: string[]
  readonly ended: Promise<number | null>
}

/** Starts the command on a free port and waits for its URL. */
export async function start(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [CLI, '--port', '0', ...args], { env: { PATH: process.env['PATH'], ...env } })
  const ended = once(child, 'close').then(([code]) => code as number | null) // by then all its output has been read
  const lines: string[] = []
  createInterface(child.stderr).on('line', (line) => lines.push(line))
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => {
      throw new Error(lines.join('\n'))
    }),
  ])
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return { process: child, url: String(url), lines, ended, [Symbol.asyncDispose]: stop }
}

/** A chat request. */
export const body = (stream: boolean): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'gpt-4o-image', stream, messages: [{ role: 'user', content: '画只猫' }] }),
})
