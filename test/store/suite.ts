import { expect, test } from 'vitest'
import type { Bounds, LazyExchange, Store } from '../../src/store/store.ts'
import { DEFAULT_BOUNDS, LIMITS, StoreFull } from '../../src/store/store.ts'

/** An exchange with these bytes. */
export function exchangeOf(content: string | Uint8Array): LazyExchange {
  const bytes = Buffer.from(content)
  return { size: bytes.length, toBytes: () => bytes }
}

const { sessions: MAX_SESSIONS } = DEFAULT_BOUNDS
const { marks: MAX_MARKS, scriptBytes: MAX_SCRIPT_BYTES, entries: MAX_SCRIPTED } = LIMITS
const bytes = (length: number): LazyExchange => exchangeOf(Buffer.alloc(length))
const once = (json: string): { json: string; times: number } => ({ json, times: 1 })
const idsOf = async (store: Store, session?: string): Promise<string[]> =>
  (await store.records(session)).map(({ id }) => id)

/** What is true of every Store; `open` gives one that is empty. */
export function storeTests(open: (bounds?: Bounds) => Promise<Store>): void {
  test('a script is kept in the order in which it came, and each session has its own', async () => {
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

  test('each call of open counts a request, and tells what is scripted then', async () => {
    const store = await open()
    expect(await store.open('alice')).toEqual({ nth: 1, scripted: [], generation: expect.any(String) })
    await store.script('alice', [once('"a"')])
    expect(await store.open('alice')).toMatchObject({ nth: 2, scripted: [{ json: '"a"', left: 1 }] })
    expect(await store.open('bob')).toMatchObject({ nth: 1 })
  })

  test('take is atomic: of 100 requests at once, an entry for 7 answers 7', async () => {
    const store = await open()
    await store.script('', [{ json: '"a"', times: 7 }, once('"b"')])
    const [entry] = await store.scripted('')
    const taken = await Promise.all(Array.from({ length: 100 }, async () => store.take('', [entry!.id])))
    expect(taken.filter(Boolean)).toHaveLength(7)
    expect(taken.flatMap((one) => one?.left ?? []).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await store.scripted('')).toMatchObject([{ json: '"b"', left: 1 }])
    expect(await store.take('', [entry!.id])).toBeUndefined()
  })

  test('of several entries the first is taken that has an answer left, whatever their order in the script', async () => {
    const store = await open()
    await store.script('', [once('"a"'), once('"b"'), { json: '"c"', times: 2 }])
    const [a = '', b = '', c = ''] = (await store.scripted('')).map(({ id }) => id)
    expect(await store.take('', [b, a])).toEqual({ id: b, left: 1 })
    expect(await store.take('', ['0', b, c, a])).toEqual({ id: c, left: 2 })
    expect(await store.take('', [])).toBeUndefined()
    const taken = await Promise.all(Array.from({ length: 10 }, async () => store.take('', [a, b, c])))
    expect(taken.flatMap((one) => one?.id ?? [])).toEqual([a, c])
  })

  test('an entry is taken only from the session that it was scripted for', async () => {
    const store = await open()
    await store.script('alice', [once('"a"')])
    const [{ id } = { id: '' }] = await store.scripted('alice')
    expect(await store.take('bob', [id])).toBeUndefined()
    expect(await store.take('alice', [id])).toEqual({ id, left: 1 })
  })

  test('a counter counts from 1, by session and by name, whoever asks at once', async () => {
    const store = await open()
    const counted = await Promise.all(Array.from({ length: 50 }, async () => store.count('alice', 'turn')))
    expect(counted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect(await store.count('alice', 'other')).toBe(1)
    expect(await store.count('bob', 'turn')).toBe(1)
  })

  test('a script that is too long is refused as a whole, in words that say how much it takes', async () => {
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

  test('exchanges are kept as they came, the oldest first, of one session or of all; one is completed when it has ended', async () => {
    const store = await open()
    const { id: first } = await store.record('alice', exchangeOf('one'))
    const { id: second } = await store.record('bob', exchangeOf('two'))
    const { id: third } = await store.record('alice', exchangeOf('three'))
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
    const store = await open({ exchanges: 3 })
    const { id: other } = await store.record('bob', bytes(1))
    const ids: string[] = []
    for (let i = 0; i < 10; i++) ids.push((await store.record('alice', bytes(1))).id)
    expect(await idsOf(store, 'alice')).toEqual(ids.slice(-3))
    expect(await idsOf(store, 'bob')).toEqual([other])
    expect(await store.size()).toEqual({ sessions: 2, exchanges: 4, bytes: 4 })
  })

  test('with no room for a session’s exchanges none is kept', async () => {
    const store = await open({ exchanges: 0 })
    await store.record('', bytes(100))
    expect(await store.records()).toEqual([])
    expect(await store.size()).toMatchObject({ exchanges: 0, bytes: 0 })
  })

  test('the bytes of all sessions are bounded: the oldest exchanges of the session that has most go first', async () => {
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
    expect(await store.size(), 'what alone is too large is not kept').toMatchObject({ exchanges: 4, bytes: 90 })
  })

  test('of more than 1,000 sessions the one that was idle longest goes first, with all that it had, and is told once', async () => {
    const store = await open()
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
    expect(await store.record('new', bytes(1)), 'those that went in between are told together').toMatchObject({
      forgotten: ['s2', 's3'],
    })
    expect(await store.size()).toEqual({ sessions: MAX_SESSIONS, exchanges: MAX_SESSIONS, bytes: MAX_SESSIONS })
  })

  test('to look at a session neither makes one nor keeps it', async () => {
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

  test('marks are counted by session, and summed up over all', async () => {
    const store = await open()
    await store.mark('alice', ['a', 'b'])
    await store.mark('alice', ['a'])
    await store.mark('bob', ['a', 'c'])
    expect(await store.marks('alice')).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
    expect(await store.marks()).toEqual(new Map(Object.entries({ a: 3, b: 1, c: 1 })))
  })

  test('marks are bounded: those that are known go on being counted, new ones are not kept', async () => {
    const store = await open()
    const marks = Array.from({ length: MAX_MARKS + 100 }, (_, i) => `m${i}`)
    await store.mark('', marks)
    await store.mark('', marks)
    const kept = await store.marks('')
    expect(kept.size).toBe(MAX_MARKS)
    expect(new Set(kept.values())).toEqual(new Set([2]))
  })

  test('erase forgets the exchanges of one session and nothing else', async () => {
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

  test('reset forgets all of one session: it begins anew, and the others go on', async () => {
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

  test('a write of before a reset comes too late: it is left out, and counts only in what was exercised since the start', async () => {
    const store = await open()
    for (const reset of [async () => store.reset('alice'), async () => store.reset()]) {
      const { generation } = await store.open('alice')
      await store.record('alice', bytes(1), generation)
      expect(await idsOf(store, 'alice'), 'in time').toHaveLength(1)
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

  test('an exchange that was reset is not completed by an end that comes late', async () => {
    const store = await open()
    const { id } = await store.record('alice', bytes(1))
    await store.reset('alice')
    await store.record('alice', bytes(2))
    await store.end('alice', id, { duration: 1, hungUp: false })
    expect(await store.records()).toMatchObject([{ ending: undefined }])
  })

  test('some exchanges are erased by their ids, of one session or of all', async () => {
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

  test('what was exercised since the start is told whatever was reset', async () => {
    const store = await open()
    await store.mark('alice', ['a', 'b'])
    await store.reset()
    await store.mark('bob', ['a'])
    expect(await store.total()).toEqual(new Map(Object.entries({ a: 2, b: 1 })))
  })

  test('ids grow, also from one session to the next and behind a reset', async () => {
    const store = await open()
    const ids: number[] = []
    for (const session of ['a', 'b', 'a', 'c']) {
      ids.push(Number((await store.record(session, bytes(1))).id))
      await store.reset(session)
    }
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(new Set(ids).size).toBe(4)
  })
}
