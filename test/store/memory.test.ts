import { expect, test, vi } from 'vitest'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { MAX_MARKS, MAX_SCRIPT_BYTES, MAX_SCRIPTED, MAX_SESSIONS, StoreFull } from '../../src/store/store.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length)
const once = (json: string): { json: string; times: number } => ({ json, times: 1 })
const idsOf = async (store: Store, session?: string): Promise<string[]> => (await store.records(session)).map(({ id }) => id)

test('a script is kept in the order in which it came, and each session has its own', async () => {
  const store = new MemoryStore()
  await store.script('alice', [once('"a"'), { json: '"b"', times: 3 }])
  await store.script('bob', [once('"x"')])
  await store.script('alice', [once('"c"')])
  expect((await store.scripted('alice')).map(({ json, left }) => [json, left])).toEqual([
    ['"a"', 1],
    ['"b"', 3],
    ['"c"', 1],
  ])
  expect(await store.scripted('bob')).toHaveLength(1)
  expect(await store.scripted('nobody')).toEqual([])
})

test('each call of open counts a request, and tells what is scripted then', async () => {
  const store = new MemoryStore()
  expect(await store.open('alice')).toEqual({ nth: 1, scripted: [] })
  await store.script('alice', [once('"a"')])
  expect(await store.open('alice')).toMatchObject({ nth: 2, scripted: [{ json: '"a"', left: 1 }] })
  expect(await store.open('bob')).toMatchObject({ nth: 1 })
})

test('take is atomic: of 100 requests at once, an entry for 7 answers 7', async () => {
  const store = new MemoryStore()
  await store.script('', [{ json: '"a"', times: 7 }, once('"b"')])
  const [entry] = await store.scripted('')
  const taken = await Promise.all(Array.from({ length: 100 }, async () => store.take('', entry!.id)))
  expect(taken.filter(Boolean)).toHaveLength(7)
  expect(await store.scripted('')).toMatchObject([{ json: '"b"', left: 1 }])
  expect(await store.take('', entry!.id)).toBe(0)
})

test('an entry is taken only from the session that it was scripted for', async () => {
  const store = new MemoryStore()
  await store.script('alice', [once('"a"')])
  const [{ id } = { id: '' }] = await store.scripted('alice')
  expect(await store.take('bob', id)).toBe(0)
  expect(await store.take('alice', id)).toBe(1)
})

test('a counter counts from 1, by session and by name, whoever asks at once', async () => {
  const store = new MemoryStore()
  const counted = await Promise.all(Array.from({ length: 50 }, async () => store.count('alice', 'turn')))
  expect(counted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  expect(await store.count('alice', 'other')).toBe(1)
  expect(await store.count('bob', 'turn')).toBe(1)
})

test('a script that is too long is refused as a whole, in words that say how much it takes', async () => {
  const store = new MemoryStore()
  await store.script('', [once('"kept"')])
  const many = Array.from({ length: MAX_SCRIPTED }, () => once('"a"'))
  const large = [once('x'.repeat(MAX_SCRIPT_BYTES - 7))]
  await expect(store.script('', many)).rejects.toThrow(new StoreFull("a session's script has at most 1000 entries"))
  await expect(store.script('', [...large, once('xx')])).rejects.toThrow(new StoreFull("a session's script has at most 1048576 bytes"))
  expect(await store.scripted('')).toMatchObject([{ json: '"kept"' }])
  await store.script('', many.slice(1))
  expect(await store.scripted('')).toHaveLength(MAX_SCRIPTED)
})

/** An Exchange that tells when it is written. */
const unwritten = (text: string, told: string[]): { size: number; write: () => Uint8Array } => ({ size: 1000, write: () => (told.push(text), Buffer.from(text)) })

test('what is not written yet is written when it is read, once, and weighs what it is then', async () => {
  const store = new MemoryStore()
  const told: string[] = []
  for (const text of ['a', 'bb']) await store.record('alice', unwritten(text, told))
  await store.record('bob', unwritten('ccc', told))
  expect([told, (await store.size()).bytes]).toEqual([[], 3000])
  for (let i = 0; i < 2; i++) expect((await store.records('alice')).map(({ bytes: kept }) => String(kept))).toEqual(['a', 'bb'])
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

test('what could not be written is not told', async () => {
  const store = new MemoryStore()
  await store.record('', { size: 5, write: () => new Uint8Array() })
  await store.record('', bytes(1))
  expect(await store.records()).toHaveLength(1)
})

test('exchanges are kept as they came, the oldest first, of one session or of all; one is completed when it has ended', async () => {
  const store = new MemoryStore()
  const { id: first } = await store.record('alice', Buffer.from('one'))
  const { id: second } = await store.record('bob', Buffer.from('two'))
  const { id: third } = await store.record('alice', Buffer.from('three'))
  expect(await idsOf(store)).toEqual([first, second, third])
  expect(await idsOf(store, 'alice')).toEqual([first, third])
  await store.end('alice', first, { duration: 5, hungUp: true })
  await store.end('alice', 'gone', { duration: 5, hungUp: true })
  expect(await store.records('alice')).toEqual([
    { id: first, session: 'alice', bytes: Buffer.from('one'), ending: { duration: 5, hungUp: true } },
    { id: third, session: 'alice', bytes: Buffer.from('three'), ending: undefined },
  ])
})

test('of a session the newest exchanges are kept, and no other session loses any', async () => {
  const store = new MemoryStore({ exchanges: 3 })
  const { id: other } = await store.record('bob', bytes(1))
  const ids: string[] = []
  for (let i = 0; i < 10; i++) ids.push((await store.record('alice', bytes(1))).id)
  expect(await idsOf(store, 'alice')).toEqual(ids.slice(-3))
  expect(await idsOf(store, 'bob')).toEqual([other])
  expect(await store.size()).toEqual({ sessions: 2, exchanges: 4, bytes: 4 })
})

test('with no room for a session’s exchanges none is kept', async () => {
  const store = new MemoryStore({ exchanges: 0 })
  await store.record('', bytes(100))
  expect(await store.records()).toEqual([])
  expect(await store.size()).toMatchObject({ exchanges: 0, bytes: 0 })
})

test('the bytes of all sessions are bounded: the oldest exchanges of the session that has most go first', async () => {
  const store = new MemoryStore({ bytes: 100 })
  const { id: small } = await store.record('small', bytes(10))
  const large: string[] = []
  for (let i = 0; i < 20; i++) large.push((await store.record('large', bytes(30))).id)
  expect(await idsOf(store)).toEqual([small, ...large.slice(-3)])
  expect(await store.size()).toEqual({ sessions: 2, exchanges: 4, bytes: 100 })
  await store.record('small', bytes(20))
  expect(await idsOf(store, 'small')).toHaveLength(2)
  expect(await idsOf(store, 'large')).toEqual(large.slice(-2))
  await store.record('huge', bytes(101))
  expect(await store.size(), 'what alone is too large is not kept').toMatchObject({ exchanges: 4, bytes: 90 })
})

test('of more than 1,000 sessions the one that was idle longest goes first, with all that it had, and is told once', async () => {
  const store = new MemoryStore()
  await store.script('s1', [once('"a"')])
  await store.mark('s0', ['m'])
  for (let i = 0; i < MAX_SESSIONS; i++) expect((await store.record(`s${i}`, bytes(1))).forgotten).toEqual([])
  await store.open('s0') // so that it is idle no more
  expect(await store.record('new', bytes(1))).toMatchObject({ forgotten: ['s1'] })
  expect(await store.scripted('s1')).toEqual([])
  expect(await idsOf(store, 's1')).toEqual([])
  expect(await idsOf(store, 's0')).toHaveLength(1)
  expect(await store.record('new', bytes(1))).toMatchObject({ forgotten: [] })
  await store.open('another')
  await store.mark('a third', ['m'])
  expect(await store.record('new', bytes(1)), 'those that went in between are told together').toMatchObject({ forgotten: ['s2', 's3'] })
  expect(await store.size()).toEqual({ sessions: MAX_SESSIONS, exchanges: MAX_SESSIONS, bytes: MAX_SESSIONS })
})

test('to look at a session neither makes one nor keeps it', async () => {
  const store = new MemoryStore({ sessions: 2 })
  await store.record('old', bytes(1))
  await store.record('newer', bytes(1))
  await Promise.all([store.records('old'), store.scripted('old'), store.marks('old'), store.records('nobody'), store.scripted('nobody'), store.marks('nobody')])
  expect(await store.size()).toMatchObject({ sessions: 2 })
  expect(await store.record('newest', bytes(1))).toMatchObject({ forgotten: ['old'] })
})

test('marks are counted by session, and summed up over all', async () => {
  const store = new MemoryStore()
  await store.mark('alice', ['a', 'b'])
  await store.mark('alice', ['a'])
  await store.mark('bob', ['a', 'c'])
  expect(await store.marks('alice')).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
  expect(await store.marks()).toEqual(new Map(Object.entries({ a: 3, b: 1, c: 1 })))
})

test('marks are bounded: those that are known go on being counted, new ones are not kept', async () => {
  const store = new MemoryStore()
  const marks = Array.from({ length: MAX_MARKS + 100 }, (_, i) => `m${i}`)
  await store.mark('', marks)
  await store.mark('', marks)
  const kept = await store.marks('')
  expect(kept.size).toBe(MAX_MARKS)
  expect(new Set(kept.values())).toEqual(new Set([2]))
})

test('erase forgets the exchanges of one session and nothing else', async () => {
  const store = new MemoryStore()
  for (const session of ['alice', 'bob']) {
    await store.record(session, bytes(5))
    await store.script(session, [once('"a"')])
    await store.mark(session, ['m'])
    await store.count(session, 'turn')
  }
  await store.erase('alice')
  await store.erase('nobody')
  expect(await idsOf(store, 'alice')).toEqual([])
  expect(await store.scripted('alice')).toHaveLength(1)
  expect((await store.marks('alice')).get('m')).toBe(1)
  expect(await store.count('alice', 'turn')).toBe(2)
  expect(await idsOf(store, 'bob')).toHaveLength(1)
  expect(await store.size()).toEqual({ sessions: 2, exchanges: 1, bytes: 5 })
})

test('reset forgets all of one session: it begins anew, and the others go on', async () => {
  const store = new MemoryStore()
  for (const session of ['', 'bob']) {
    await store.open(session)
    await store.record(session, bytes(5))
    await store.script(session, [once('"a"')])
    await store.mark(session, ['m'])
    await store.count(session, 'turn')
  }
  await store.reset('')
  await store.reset('nobody')
  expect(await store.size()).toEqual({ sessions: 1, exchanges: 1, bytes: 5 })
  expect(await store.marks('')).toEqual(new Map())
  expect(await store.open('')).toEqual({ nth: 1, scripted: [] })
  expect(await store.count('', 'turn')).toBe(1)
  expect(await store.open('bob')).toMatchObject({ nth: 2, scripted: [{ left: 1 }] })
  expect(await store.count('bob', 'turn')).toBe(2)
})

test('ids grow, also from one session to the next and behind a reset', async () => {
  const store = new MemoryStore()
  const ids: number[] = []
  for (const session of ['a', 'b', 'a', 'c']) {
    ids.push(Number((await store.record(session, bytes(1))).id))
    await store.reset(session)
  }
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect(new Set(ids).size).toBe(4)
})
