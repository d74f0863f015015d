import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** A fake npm that installs nothing. It records its calls, and fails to install the package `broken`. */
const npm = (broken: string): string => `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs')
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
appendFileSync('../../calls', JSON.stringify({ args: process.argv.slice(2), dependencies, track: process.env.DO_NOT_TRACK }) + '\\n')
process.exit(${JSON.stringify(broken)} in dependencies ? 1 : 0)
`

interface Call {
  args: string[]
  dependencies: Record<string, string>
  track: string
}

/** Creates a cache folder with the fake npm. `install` returns for each peer why it did not start. */
function setUp(): {
  installed: () => Set<string>
  install: (broken?: string) => Promise<string[]>
  calls: () => Call[]
} {
  const cache = mkdtempSync(join(tmpdir(), 'peers-'))
  onTestFinished(() => rmSync(cache, { recursive: true }))
  const script = `
    const { installPeers } = await import(${JSON.stringify(join(root, 'bench/peers.js'))})
    const reasons = []
    for (const peer of await installPeers()) reasons.push(peer.name + ': ' + (await peer.start('none').catch((error) => error.message)))
    process.stdout.write(JSON.stringify(reasons))`
  const env = { ...process.env, XDG_CACHE_HOME: cache, PATH: `${cache}${delimiter}${process.env['PATH']}` }
  return {
    installed: () =>
      new Set(readdirSync(join(cache, 'chat-image-mock-bench')).map((folder) => folder.replace(/-[0-9a-f]{16}$/, ''))),
    install: async (broken = '') => {
      writeFileSync(join(cache, 'npm'), npm(broken))
      chmodSync(join(cache, 'npm'), 0o755)
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
      return JSON.parse(stdout)
    },
    calls: () => JSON.parse(`[${readFileSync(join(cache, 'calls'), 'utf8').trim().replaceAll('\n', ',')}]`),
  }
}

test('npm installs each peer once, at an exact version, into a separate folder and without scripts', async () => {
  const { installed, install, calls } = setUp()
  const reasons = await install()
  expect(reasons.filter((reason) => /: .*(?:ended before it listened|ENOENT)/.test(reason))).toHaveLength(4)
  const { dependencies: own, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(calls()).toHaveLength(4)
  for (const { args, dependencies, track } of calls()) {
    expect(args).toEqual(expect.arrayContaining(['install', '--ignore-scripts']))
    expect(track).toBe('1')
    expect(Object.values(dependencies).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(Object.keys({ ...own, ...devDependencies }), 'no dependency of this package').not.toEqual(
      expect.arrayContaining(Object.keys(dependencies)),
    )
  }
  expect(installed()).toEqual(new Set(['aimock', 'Steady', 'Prism', 'Scalar']))

  await install()
  expect(calls()).toHaveLength(4)
})

test('a peer that npm cannot install is reported, leaves no files and is installed by the next run', async () => {
  const { installed, install, calls } = setUp()
  const reasons = await install('@scalar/mock-server')
  expect(reasons.find((reason) => reason.startsWith('Scalar'))).toMatch(/^Scalar [\d.]+: npm ended with 1/)
  expect(installed()).toEqual(new Set(['aimock', 'Steady', 'Prism']))

  await install()
  expect(calls()).toHaveLength(5)
  expect(installed()).toEqual(new Set(['aimock', 'Steady', 'Prism', 'Scalar']))
})
