import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const soak = (...args: readonly string[]) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, '../../bench/soak.js'), ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  })

test('npm run soak sends mixed traffic with disconnects and faults, and every response is right', () => {
  const { stdout, stderr } = soak('--minutes', '0.1', '--streams', '0', '--attacks', 'none')
  expect(stderr, 'wrong responses would follow').toBe('mixed traffic for 0.1 minutes\n')
  const figures = new Map(
    [...stdout.matchAll(/^(.+?) {2,}.*?([\d,]+)(?: .*)?$/gm)].map(([, name = '', number = '']) => [
      name,
      Number(number.replaceAll(',', '')),
    ]),
  )
  expect(figures.get('requests')).toBeGreaterThan(100)
  expect(figures.get('of these, the client disconnected')).toBeGreaterThan(10)
  expect(figures.get('of these, with a scenario')).toBeGreaterThan(10)
})

test('an invalid flag is reported', () => {
  for (const [flag, value] of [
    ['--minutes', '0'],
    ['--connections', 'many'],
    ['--streams', '99999'],
    ['--attacks', 'rudeness'],
  ]) {
    const { status, stderr } = soak(flag ?? '', value ?? '')
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^--.* is not .*; --help lists the flags\n$/)])
  }
})
