import { expect, test, vi } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { storeTests } from './suite.ts'

storeTests(async (bounds) => new MemoryStore(bounds))

/** An Exchange that tells when it is written. */
const unwritten = (text: string, told: string[]): { size: number; toBytes: () => Uint8Array } => ({
  size: 1000,
  toBytes: () => (told.push(text), Buffer.from(text)),
})

test('what is not written yet is written when it is read, once, and weighs what it is then', async () => {
  const store = new MemoryStore()
  const told: string[] = []
  for (const text of ['a', 'bb']) await store.record('alice', unwritten(text, told))
  await store.record('bob', unwritten('ccc', told))
  expect([told, (await store.size()).bytes]).toEqual([[], 3000])
  for (let i = 0; i < 2; i++)
    expect((await store.records('alice')).map(({ bytes: kept }) => String(kept))).toEqual(['a', 'bb'])
  expect([told, (await store.size()).bytes]).toEqual([['a', 'bb'], 1003])
  await store.close()
  expect([told, (await store.size()).bytes]).toEqual([['a', 'bb', 'ccc'], 6])
})

test('what nobody reads is written within two seconds; what newer ones push out, never', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const store = new MemoryStore({ exchanges: 2 })
    const told: string[] = []
    for (const text of ['a', 'b', 'c']) await store.record('', unwritten(text, told))
    await vi.advanceTimersByTimeAsync(2000)
    expect(told).toEqual(['b', 'c'])
    await store.record('', unwritten('d', told))
    await store.erase('')
    await vi.advanceTimersByTimeAsync(5000)
    expect([told, (await store.size()).bytes, vi.getTimerCount()]).toEqual([['b', 'c'], 0, 0])
  } finally {
    vi.useRealTimers()
  }
})

test('what is forgotten while others are written is not written any more', async () => {
  const store = new MemoryStore()
  const told: string[] = []
  for (let i = 0; i < 100; i++) await store.record('', unwritten(String(i), told))
  const reading = store.records()
  await store.reset()
  expect(await reading).toEqual([])
  expect([told.length < 100, (await store.size()).bytes]).toEqual([true, 0])
})

test('what is recorded while a reset is under way weighs nothing when it is gone', async () => {
  const store = new MemoryStore()
  for (const name of ['alice', undefined]) {
    const reset = store.reset(name)
    await store.record('alice', new Uint8Array(100))
    await reset
  }
  await store.reset()
  expect(await store.size()).toEqual({ sessions: 0, exchanges: 0, bytes: 0 })
})

test('what could not be written is not told', async () => {
  const store = new MemoryStore()
  await store.record('', { size: 5, toBytes: () => new Uint8Array() })
  await store.record('', Buffer.from('a'))
  expect(await store.records()).toHaveLength(1)
})
