import { expect, test } from 'vitest'
import type { Bounds, LazyExchange, Store, StoreEvent } from '../../src/store/store.ts'
import { DEFAULT_BOUNDS, LIMITS, NOT_COUNTED, StoreFull } from '../../src/store/store.ts'

/** An exchange with these bytes. */
export function exchangeOf(content: string | Uint8Array): LazyExchange {
  const bytes = Buffer.from(content)
  return { size: bytes.length, toBytes: () => bytes }
}

const { sessions: MAX_SESSIONS } = DEFAULT_BOUNDS
const { marks: MAX_MARKS, allMarks: MAX_ALL_MARKS, scriptBytes: MAX_SCRIPT_BYTES, entries: MAX_SCRIPTED } = LIMITS
const bytes = (length: number): LazyExchange => exchangeOf(Buffer.alloc(length))
const once = (json: string): { json: string; times: number } => ({ json, times: 1 })
/** Takes from the first of these entries that has a response left. */
const take = async (store: Store, session: string, ...ids: readonly string[]): ReturnType<Store['take']> =>
  store.take(
    session,
    ids.map((id) => ({ id, json: '' })),
  )
const idsOf = async (store: Store, session?: string): Promise<string[]> =>
  (await store.records(session)).map(({ id }) => id)

/** The tests of every Store. `open` returns an empty one. */
export function storeTests(open: (bounds?: Bounds) => Promise<Store>): void {
  test('each session has its own script, in order', async () => {
    const store = await open()
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

  test('each call of open counts a request, and returns the script', async () => {
    const store = await open()
    expect(await store.open('alice')).toEqual({ nth: 1, scripted: [], generation: expect.any(String) })
    await store.script('alice', [once('"a"')])
    expect(await store.open('alice')).toMatchObject({ nth: 2, scripted: [{ json: '"a"', left: 1 }] })
    expect(await store.open('bob')).toMatchObject({ nth: 1 })
  })

  test('take is atomic: of 100 concurrent requests, 7 get an entry with 7 responses', async () => {
    const store = await open()
    await store.script('', [{ json: '"a"', times: 7 }, once('"b"')])
    const [entry] = await store.scripted('')
    const taken = await Promise.all(Array.from({ length: 100 }, async () => take(store, '', entry!.id)))
    expect(taken.filter(Boolean)).toHaveLength(7)
    expect(taken.flatMap((one) => one?.left ?? []).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await store.scripted('')).toMatchObject([{ json: '"b"', left: 1 }])
    expect(await take(store, '', entry!.id)).toBeUndefined()
  })

  test('take uses the first of the given entries that has a response left, in any order of the script', async () => {
    const store = await open()
    await store.script('', [once('"a"'), once('"b"'), { json: '"c"', times: 2 }])
    const [a = '', b = '', c = ''] = (await store.scripted('')).map(({ id }) => id)
    expect(await take(store, '', b, a)).toEqual({ id: b, left: 1 })
    expect(await take(store, '', '0', b, c, a)).toEqual({ id: c, left: 2 })
    expect(await take(store, '')).toBeUndefined()
    const taken = await Promise.all(Array.from({ length: 10 }, async () => take(store, '', a, b, c)))
    expect(taken.flatMap((one) => one?.id ?? [])).toEqual([a, c])
  })

  test('take uses only entries of the session', async () => {
    const store = await open()
    await store.script('alice', [once('"a"')])
    const [{ id } = { id: '' }] = await store.scripted('alice')
    expect(await take(store, 'bob', id)).toBeUndefined()
    expect(await take(store, 'alice', id)).toEqual({ id, left: 1 })
  })

  test('a counter counts from 1, by session and name, also concurrently', async () => {
    const store = await open()
    const counted = await Promise.all(Array.from({ length: 50 }, async () => store.count('alice', 'turn')))
    expect(counted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(await store.count('alice', 'other')).toBe(1)
    expect(await store.count('bob', 'turn')).toBe(1)
  })

  test('rejects a script that is too long as a whole, with the limit in the message', async () => {
    const store = await open()
    await store.script('', [once('"kept"')])
    const many = Array.from({ length: MAX_SCRIPTED }, () => once('"a"'))
    const large = [once('x'.repeat(MAX_SCRIPT_BYTES - 7))]
    await expect(store.script('', many)).rejects.toThrow(new StoreFull("a session's script has at most 1000 entries"))
    await expect(store.script('', [...large, once('xx')])).rejects.toThrow(
      new StoreFull("a session's script has at most 1048576 bytes"),
    )
    expect(await store.scripted('')).toMatchObject([{ json: '"kept"' }])
    await store.script('', many.slice(1))
    expect(await store.scripted('')).toHaveLength(MAX_SCRIPTED)
  })

  test('returns exchanges of one session or of all, the oldest first, and how they ended', async () => {
    const store = await open()
    const { id: first } = await store.record('alice', exchangeOf('one'))
    const { id: second } = await store.record('bob', exchangeOf('two'))
    const { id: third } = await store.record('alice', exchangeOf('three'))
    expect(await idsOf(store)).toEqual([first, second, third])
    expect(await idsOf(store, 'alice')).toEqual([first, third])
    await store.end('alice', first, { firstByte: 2.5, duration: 5, hungUp: true })
    await store.end('alice', 'gone', { duration: 5, hungUp: true })
    expect(await store.records('alice')).toEqual([
      { id: first, session: 'alice', bytes: Buffer.from('one'), ending: { firstByte: 2.5, duration: 5, hungUp: true } },
      { id: third, session: 'alice', bytes: Buffer.from('three'), ending: undefined },
    ])
  })

  test('keeps the newest exchanges of a session, and evicts none of other sessions', async () => {
    const store = await open({ exchanges: 3 })
    const { id: other } = await store.record('bob', bytes(1))
    const ids: string[] = []
    for (let i = 0; i < 10; i++) ids.push((await store.record('alice', bytes(1))).id)
    expect(await idsOf(store, 'alice')).toEqual(ids.slice(-3))
    expect(await idsOf(store, 'bob')).toEqual([other])
    expect(await store.size()).toEqual({ sessions: 2, exchanges: 4, bytes: 4 })
  })

  test('keeps no exchanges with a limit of 0', async () => {
    const store = await open({ exchanges: 0 })
    await store.record('', bytes(100))
    expect(await store.records()).toEqual([])
    expect(await store.size()).toMatchObject({ exchanges: 0, bytes: 0 })
  })

  test('limits the bytes of all sessions: the oldest exchanges of the largest session are evicted first', async () => {
    const store = await open({ bytes: 100 })
    const { id: small } = await store.record('small', bytes(10))
    const large: string[] = []
    for (let i = 0; i < 20; i++) large.push((await store.record('large', bytes(30))).id)
    expect(await idsOf(store)).toEqual([small, ...large.slice(-3)])
    expect(await store.size()).toEqual({ sessions: 2, exchanges: 4, bytes: 100 })
    await store.record('small', bytes(20))
    expect(await idsOf(store, 'small')).toHaveLength(2)
    expect(await idsOf(store, 'large')).toEqual(large.slice(-2))
    await store.record('huge', bytes(101))
    expect(await store.size(), 'an exchange that is too large is not stored').toMatchObject({ exchanges: 4, bytes: 90 })
  })

  test('evicts the least recently used of more than 1,000 sessions, and reports it once', async () => {
    const store = await open()
    await store.script('s1', [once('"a"')])
    await store.mark('s0', ['m'])
    for (let i = 0; i < MAX_SESSIONS; i++) expect((await store.record(`s${i}`, bytes(1))).forgotten).toEqual([])
    await store.open('s0') // so that it is the most recently used
    expect(await store.record('new', bytes(1))).toMatchObject({ forgotten: ['s1'] })
    expect(await store.scripted('s1')).toEqual([])
    expect(await idsOf(store, 's1')).toEqual([])
    expect(await idsOf(store, 's0')).toHaveLength(1)
    expect(await store.record('new', bytes(1))).toMatchObject({ forgotten: [] })
    await store.open('another')
    await store.mark('a third', ['m'])
    expect(await store.record('new', bytes(1)), 'all that were evicted since the last record').toMatchObject({
      forgotten: ['s2', 's3'],
    })
    expect(await store.size()).toEqual({ sessions: MAX_SESSIONS, exchanges: MAX_SESSIONS, bytes: MAX_SESSIONS })
  })

  test('reading a session neither creates it nor counts as a use', async () => {
    const store = await open({ sessions: 2 })
    await store.record('old', bytes(1))
    await store.record('newer', bytes(1))
    await Promise.all([
      store.records('old'),
      store.scripted('old'),
      store.marks('old'),
      store.records('nobody'),
      store.scripted('nobody'),
      store.marks('nobody'),
    ])
    expect(await store.size()).toMatchObject({ sessions: 2 })
    expect(await store.record('newest', bytes(1))).toMatchObject({ forgotten: ['old'] })
  })

  test('counts marks by session, and sums over all', async () => {
    const store = await open()
    await store.mark('alice', ['a', 'b'])
    await store.mark('alice', ['a'])
    await store.mark('bob', ['a', 'c'])
    expect(await store.marks('alice')).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
    expect(await store.marks()).toEqual(new Map(Object.entries({ a: 3, b: 1, c: 1 })))
  })

  test('limits the number of marks: known ones are still counted, new ones only together', async () => {
    const store = await open()
    const marks = Array.from({ length: MAX_MARKS + 100 }, (_, i) => `m${i}`)
    await store.mark('', marks)
    await store.mark('', marks)
    const kept = marks.slice(0, MAX_MARKS).map((mark): [string, number] => [mark, 2])
    for (const counts of [await store.marks(''), await store.marks(), await store.total()])
      expect(counts).toEqual(new Map([...kept, [NOT_COUNTED, 200]]))
  })

  test('limits the number of marks of all sessions, until one is reset', async () => {
    const store = await open()
    const marks = Array.from({ length: MAX_MARKS }, (_, i) => `m${i}`)
    for (let i = 0; i < MAX_ALL_MARKS / MAX_MARKS; i++) await store.mark(`s${i}`, marks)
    await store.mark('late', ['m0', 'm1'])
    await store.mark('s0', ['m0'])
    expect(await store.marks('late')).toEqual(new Map([[NOT_COUNTED, 2]]))
    expect((await store.marks('s0')).get('m0')).toBe(2)
    await store.reset('s0')
    await store.mark('late', ['m0', 'm1'])
    expect(await store.marks('late')).toEqual(new Map(Object.entries({ [NOT_COUNTED]: 2, m0: 1, m1: 1 })))
  })

  test('sums over sessions are limited too, and what is above the limit is counted together', async () => {
    const store = await open()
    const marks = (session: string, count: number) => Array.from({ length: count }, (_, i) => `${session}${i}`)
    await store.mark('a', marks('a', MAX_MARKS - 1))
    await store.mark('b', [...marks('b', 3), 'a0'])
    const sums = await store.marks()
    expect([sums.size, sums.get('a0'), sums.get(NOT_COUNTED)]).toEqual([MAX_MARKS + 1, 2, 2])
  })

  test('erase deletes only the exchanges of one session', async () => {
    const store = await open()
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

  test('reset deletes everything of one session, and nothing of others', async () => {
    const store = await open()
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
    expect(await store.open('')).toEqual({ nth: 1, scripted: [], generation: expect.any(String) })
    expect(await store.count('', 'turn')).toBe(1)
    expect(await store.open('bob')).toMatchObject({ nth: 2, scripted: [{ left: 1 }] })
    expect(await store.count('bob', 'turn')).toBe(2)
  })

  test('ignores a write from before a reset, except in total()', async () => {
    const store = await open()
    for (const reset of [async () => store.reset('alice'), async () => store.reset()]) {
      const { generation } = await store.open('alice')
      await store.record('alice', bytes(1), generation)
      expect(await idsOf(store, 'alice'), 'before the reset').toHaveLength(1)
      await reset()
      for (const isKnownAgain of [false, true]) {
        await store.record('alice', bytes(1), generation)
        await store.mark('alice', ['late'], generation)
        expect(await store.count('alice', 'turn', generation)).toBe(1)
        expect([await idsOf(store, 'alice'), await store.marks('alice'), (await store.size()).sessions]).toEqual([
          [],
          new Map(),
          Number(isKnownAgain),
        ])
        if (!isKnownAgain) expect((await store.open('alice')).generation).not.toBe(generation)
      }
      expect(await store.count('alice', 'turn')).toBe(1)
      await store.reset()
    }
    expect(await store.total()).toEqual(new Map([['late', 4]]))
  })

  test('ignores the end of an exchange from before a reset', async () => {
    const store = await open()
    const { id } = await store.record('alice', bytes(1))
    await store.reset('alice')
    await store.record('alice', bytes(2))
    await store.end('alice', id, { duration: 1, hungUp: false })
    expect(await store.records()).toMatchObject([{ ending: undefined }])
  })

  test('erase deletes exchanges by their ids, of one session or of all', async () => {
    const store = await open()
    const ids: string[] = []
    for (const session of ['a', 'b', 'a', 'b']) ids.push((await store.record(session, bytes(3))).id)
    await store.erase('a', [ids[0] ?? '', ids[1] ?? '', 'gone'])
    expect(await idsOf(store)).toEqual(ids.slice(1))
    await store.erase(undefined, [ids[1] ?? '', ids[2] ?? ''])
    await store.erase(undefined, [])
    expect(await idsOf(store)).toEqual(ids.slice(3))
    expect(await store.size()).toEqual({ sessions: 2, exchanges: 1, bytes: 3 })
    await store.erase()
    expect(await store.size()).toEqual({ sessions: 2, exchanges: 0, bytes: 0 })
  })

  test('total() includes marks from before a reset', async () => {
    const store = await open()
    await store.mark('alice', ['a', 'b'])
    await store.reset()
    await store.mark('bob', ['a'])
    expect(await store.total()).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
  })

  test('ids grow, also across sessions and after a reset', async () => {
    const store = await open()
    const ids: number[] = []
    for (const session of ['a', 'b', 'a', 'c']) {
      ids.push(Number((await store.record(session, bytes(1))).id))
      await store.reset(session)
    }
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(4)
  })

  test('subscribe reports each change of the data, until it is stopped', async () => {
    const store = await open()
    const events: StoreEvent[] = []
    const stop = await store.subscribe((event) => events.push(event))
    await store.script('alice', [once('"a"')])
    const [entry] = await store.scripted('alice')
    await take(store, 'alice', entry!.id)
    const { id: first } = await store.record('alice', exchangeOf('a'))
    await store.end('alice', first, { duration: 1.5, hungUp: true })
    await store.end('alice', '1', { duration: 1, hungUp: false })
    const { id: second } = await store.record('bob', exchangeOf('b'))
    await store.erase(undefined, [first, '1'])
    await store.erase('alice')
    await store.erase()
    await store.reset('alice')
    await store.reset()
    const changes = (): unknown[] => events.map(({ read: _read, ...event }: StoreEvent & { read?: unknown }) => event)
    await expect.poll(changes).toEqual([
      { type: 'script', session: 'alice' },
      { type: 'script', session: 'alice' },
      { type: 'exchange', id: first, session: 'alice' },
      { type: 'end', id: first, session: 'alice', ending: { duration: 1.5, hungUp: true } },
      { type: 'exchange', id: second, session: 'bob' },
      { type: 'deleted', session: 'alice', ids: [first] },
      { type: 'deleted', session: 'bob', ids: undefined },
      { type: 'reset', session: 'alice' },
      { type: 'reset', session: undefined },
    ])
    stop()
    const others: StoreEvent[] = []
    await store.subscribe((event) => others.push(event))
    await store.script('alice', [once('"a"')])
    await expect.poll(() => others).toHaveLength(1)
    expect(events).toHaveLength(9)
  })

  test('the event of an exchange reads it, while it is stored', async () => {
    const store = await open()
    const events: StoreEvent[] = []
    await store.subscribe((event) => events.push(event))
    const { id } = await store.record('alice', exchangeOf('a'))
    await store.end('alice', id, { duration: 1, hungUp: false })
    await expect.poll(() => events).toHaveLength(2)
    const read = async (): Promise<any> => (events[0]?.type === 'exchange' ? events[0].read() : undefined)
    const { bytes: content, ...found } = await read()
    expect([found, String(content)]).toEqual([{ id, session: 'alice', ending: { duration: 1, hungUp: false } }, 'a'])
    await store.erase()
    expect((await read())?.bytes ?? '').toHaveLength(0)
  })
}
