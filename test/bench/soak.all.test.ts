import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const soak = (...args: readonly string[]) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, '../../bench/soak.js'), ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  })

test('npm run soak: mixed traffic with hang-ups and faults, in which each answer is as it must be', () => {
  const { stdout, stderr } = soak('--minutes', '0.1', '--streams', '0')
  expect(stderr, 'behind it, answers that were not as they must be').toBe('mixed traffic for 0.1 minutes\n')
  const figures = new Map(
    [...stdout.matchAll(/^(.+?) {2,}.*?([\d,]+)(?: .*)?$/gm)].map(([, name = '', number = '']) => [
      name,
      Number(number.replaceAll(',', '')),
    ]),
  )
  expect(figures.get('requests')).toBeGreaterThan(500)
  expect(figures.get('of those hung up on by the client')).toBeGreaterThan(10)
  expect(figures.get('of those shaped by a scenario')).toBeGreaterThan(10)
})

test('a flag that cannot be is told', () => {
  for (const [flag, value] of [
    ['--minutes', '0'],
    ['--connections', 'many'],
    ['--streams', '99999'],
  ]) {
    const { status, stderr } = soak(flag ?? '', value ?? '')
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^--.* take.*; --help lists the flags\n$/)])
  }
})
