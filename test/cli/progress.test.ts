import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withProgress } from '../../src/cli/progress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  [true, 1500, 'loading big.json …\n'],
  [true, 900, ''],
  [false, 1500, ''],
])('isTTY %s: a task of %i ms prints %j', async (isTTY, time, printed) => {
  const stderr = Object.assign(new PassThrough(), { isTTY })
  const task = async (): Promise<number> => new Promise((resolve) => void setTimeout(() => resolve(7), time))
  const running = withProgress(stderr, 'loading big.json …', task)
  await vi.advanceTimersByTimeAsync(time)
  expect(await running).toBe(7)
  await vi.advanceTimersByTimeAsync(5000)
  expect(stderr.read()?.toString() ?? '').toBe(printed)
})

test('a task that fails prints nothing later', async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true })
  await expect(withProgress(stderr, 'loading', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await vi.advanceTimersByTimeAsync(5000)
  expect(stderr.read()).toBeNull()
})
