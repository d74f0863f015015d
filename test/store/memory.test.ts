import { expect, test } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { LazyExchange } from '../../src/store/store.ts'
import { StoreFull } from '../../src/store/store.ts'
import { exchangeOf, storeTests } from './suite.ts'

storeTests(async (bounds) => new MemoryStore(bounds))

/** An exchange of 1000 bytes that adds its text to `written` when it is serialized. */
const lazy = (text: string, written: string[]): LazyExchange => ({
  size: 1000,
  toBytes: () => {
    written.push(text)
    return Buffer.from(text)
  },
})
const textsOf = async (store: MemoryStore, session?: string): Promise<string[]> =>
  (await store.records(session)).map(({ bytes }) => String(bytes))

test('an exchange is serialized once, on its first read, and then counts with its bytes', async () => {
  const store = new MemoryStore()
  const written: string[] = []
  for (const text of ['a', 'bb']) await store.record('alice', lazy(text, written))
  await store.record('bob', lazy('ccc', written))
  expect([written, (await store.size()).bytes]).toEqual([[], 3000])
  for (let i = 0; i < 2; i++) expect(await textsOf(store, 'alice')).toEqual(['a', 'bb'])
  expect([written, (await store.size()).bytes]).toEqual([['a', 'bb'], 1003])
  await store.close()
  expect(await textsOf(store), 'can be read after close()').toEqual(['a', 'bb', 'ccc'])
  expect([written, (await store.size()).bytes]).toEqual([['a', 'bb', 'ccc'], 6])
})

test('an exchange that is evicted or deleted before its first read is not serialized', async () => {
  const store = new MemoryStore({ exchanges: 2, bytes: 2500 })
  const written: string[] = []
  for (const text of ['a', 'b', 'c']) await store.record('alice', lazy(text, written))
  expect(await textsOf(store), 'the oldest of a session').toEqual(['b', 'c'])
  await store.record('bob', lazy('d', written))
  await store.record('bob', lazy('e', written))
  await store.record('bob', lazy('f', written))
  expect(await textsOf(store), 'by its size').toEqual(['b', 'c', 'e', 'f'])
  await store.record('bob', lazy('g', written))
  await store.erase('bob')
  expect([await textsOf(store), written, (await store.size()).bytes]).toEqual([['b', 'c'], ['b', 'c', 'e', 'f'], 2])
})

test('erases many exchanges of many sessions in linear time', async () => {
  const store = new MemoryStore()
  const ids: string[] = []
  for (let i = 0; i < 60_000; i++)
    ids.push((await store.record(`s${i % 1000}`, { size: 1, toBytes: () => new Uint8Array(1) })).id)
  const started = performance.now()
  await store.erase(undefined, ids)
  expect(performance.now() - started, 'a search for each id in each session takes 3 s').toBeLessThan(1000)
  expect((await store.size()).exchanges).toBe(0)
})

test('a reset during the serialization of a long journal stops it', async () => {
  const store = new MemoryStore()
  const written: string[] = []
  for (let i = 0; i < 100; i++) await store.record('', lazy(String(i), written))
  const reading = store.records()
  await new Promise((resolve) => setImmediate(resolve))
  await store.reset()
  expect(await reading).toEqual([])
  expect([written.length < 100, (await store.size()).bytes]).toEqual([true, 0])
})

test('an exchange that is recorded during a reset is removed from the size later', async () => {
  const store = new MemoryStore()
  for (const name of ['alice', undefined]) {
    const reset = store.reset(name)
    await store.record('alice', exchangeOf(new Uint8Array(100)))
    await reset
  }
  await store.reset()
  expect(await store.size()).toEqual({ sessions: 0, exchanges: 0, bytes: 0 })
})

test('does not list an exchange that could not be serialized', async () => {
  const store = new MemoryStore()
  await store.record('', { size: 5, toBytes: () => new Uint8Array() })
  await store.record('', exchangeOf('a'))
  expect(await textsOf(store)).toEqual(['a'])
})

test('limits the scripts of all sessions to 64 MiB', async () => {
  const store = new MemoryStore()
  const entry = { json: 'x'.repeat(1_048_576), times: 1 }
  for (let i = 0; i < 64; i++) await store.script(`s${i}`, [entry])
  await expect(store.script('late', [{ json: '1', times: 1 }])).rejects.toThrow(
    new StoreFull('all scripts together have at most 67108864 bytes'),
  )
  await store.reset('s0')
  await store.script('late', [entry])
  expect(await store.scripted('late')).toHaveLength(1)
})

test('an exchange is not serialized for an event that nobody reads', async () => {
  const store = new MemoryStore()
  const written: string[] = []
  const reads: (() => Promise<unknown>)[] = []
  await store.record('alice', lazy('before', written))
  await store.subscribe((event) => event.type === 'exchange' && reads.push(event.read))
  for (const text of ['a', 'b']) await store.record('alice', lazy(text, written))
  expect([reads.length, written]).toEqual([2, []])
  await reads[1]?.()
  await store.reset()
  expect([await reads[0]?.(), written]).toEqual([undefined, []])
})
