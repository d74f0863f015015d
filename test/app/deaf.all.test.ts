import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { MAX_EVENTS } from '../../src/app/event-hub.ts'
import { startMock } from '../../src/index.ts'
import { bytesInUse, growthSince } from '../memory.ts'

test('a client that reads no events needs no memory, and does not delay the end of the mock', async () => {
  const mock = await startMock({ journal: 10 })
  const { hostname, port } = new URL(mock.url)
  const deaf = connect({ host: hostname, port: Number(port) }).pause()
  onTestFinished(() => void deaf.destroy())
  deaf.on('error', () => {})
  await once(deaf, 'connect')
  deaf.write('GET /__mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const streams = async (): Promise<string | undefined> =>
    /open_streams (\d+)/.exec(await (await mock.fetch('/__mock/metrics')).text())?.[1]
  await expect.poll(streams).toBe('1')
  const path = `/${'x'.repeat(2000)}`
  const request = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 20)
      await Promise.all(Array.from({ length: 20 }, async () => (await mock.fetch(path)).text()))
  }
  await request(MAX_EVENTS) // fills the list of events
  const before = bytesInUse()
  await request(6000) // more than the buffers of the system hold
  await expect.poll(() => growthSince(before), { timeout: 10_000 }).toBeLessThan(4)
  const start = performance.now()
  await mock.close(60)
  expect(performance.now() - start).toBeLessThan(20_000)
}, 120_000)
