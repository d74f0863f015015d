import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Session } from '../../src/index.ts'
import { ChatImageMockContainer } from '../../src/testing/testcontainers.ts'
import type { Engine } from './engine.ts'
import { OWN_IMAGE, startEngine } from './engine.ts'

const IMAGE = 'chat-image-mock:0.1.0'
const OLD_IMAGE = 'chat-image-mock:0.0.1'
/** A server that is not ready for two probes, and then a mock of another version. */
const OLD = `const server = require('node:http').createServer((request, response) => {
  server.probes = (server.probes ?? 0) + 1
  response.writeHead(server.probes > 2 ? 200 : 503, { 'x-mock-version': '0.0.1' }).end()
})
server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port))`

// testcontainers looks for an engine once per process, and each test file runs in its own process.
let engine: Engine
beforeAll(async () => {
  engine = await startEngine({ [IMAGE]: OWN_IMAGE, [OLD_IMAGE]: ['-e', OLD] })
  for (const [name, value] of Object.entries(engine.env)) vi.stubEnv(name, value)
})
afterEach(() => expect(engine.containers(), 'no container is left').toEqual([]))
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine[Symbol.asyncDispose]()
})

const draw = async ({ baseURL, apiKey }: Pick<Session, 'baseURL' | 'apiKey'>): Promise<string> => {
  const { choices } = await new OpenAI({ baseURL, apiKey }).chat.completions.create({
    model: 'flux',
    messages: [{ role: 'user', content: 'a fox' }],
  })
  return choices[0]?.message.content ?? ''
}

test('a container runs the image with its port and environment, and is removed when it stops', async () => {
  const container = await new ChatImageMockContainer(IMAGE).withEnvironment({ MOCK_SEED: 'mine' }).start()
  expect(engine.containers()).toMatchObject([
    { isRunning: true, config: { Image: IMAGE, Env: ['MOCK_SEED=mine'], ExposedPorts: { '4010/tcp': {} } } },
  ])
  expect(container.url).toBe(`http://127.0.0.1:${container.getMappedPort(4010)}`)
  expect(container.baseURL).toBe(`${container.url}/v1`)
  expect(await draw({ baseURL: container.baseURL, apiKey: 'any' })).toContain(`](${container.url}/cdn/`)
  expect(await container.mock.exchanges()).toMatchObject([
    { request: { path: '/v1/chat/completions' }, response: { status: 200 } },
  ])
  await container.stop()
  expect(engine.containers()).toEqual([])
  await expect(container.mock.fetch('/v1/models')).rejects.toThrow('the mock is closed')
  await expect(fetch(`${container.url}/v1/models`)).rejects.toThrow('fetch failed')
})

test('sessions are isolated from each other', async () => {
  await using container = await new ChatImageMockContainer(IMAGE).start()
  const [alice, bob] = [container.mock.session(), container.mock.session()]
  await alice.script([{ scenario: { then: { say: 'for alice' } } }, { scenario: 'limit-rate' }])
  expect(await draw(bob)).toContain('![')
  expect(await draw(alice)).toBe('for alice')
  expect([
    (await alice.exchanges()).length,
    (await bob.exchanges()).length,
    (await container.mock.exchanges()).length,
  ]).toEqual([1, 1, 2])
  expect([await alice.pending(), await bob.pending()]).toEqual([[{ scenario: 'limit-rate', times: 1 }], []])
})

test('start connects with the control token of the environment', async () => {
  await using container = await new ChatImageMockContainer(IMAGE)
    .withEnvironment({ MOCK_CONTROL_TOKEN: 'open-sesame' })
    .start()
  await container.mock.script({ then: { say: 'hello' } })
  expect(await draw({ baseURL: container.baseURL, apiKey: 'any' })).toBe('hello')
  expect((await fetch(`${container.url}/__mock/exchanges`)).status).toBe(401)
})

test('after a restart the container has another port and a new mock', async () => {
  await using container = await new ChatImageMockContainer(IMAGE).start()
  const { url, mock } = container
  await mock.script('retry-503')
  await container.restart()
  expect(container.url).not.toBe(url)
  expect(container.url).toBe(`http://127.0.0.1:${container.getMappedPort(4010)}`)
  expect(await container.mock.pending()).toEqual([])
  expect((await container.mock.fetch('/v1/models')).status).toBe(200)
  await expect(mock.fetch('/v1/models')).rejects.toThrow('the mock is closed')
})

test('start waits until the mock is ready, and removes a container of another version', async () => {
  await expect(new ChatImageMockContainer(OLD_IMAGE).start()).rejects.toThrow(
    /^the mock at http:\/\/127\.0\.0\.1:\d+ has version 0\.0\.1, but this package has version \d+\.\d+\.\d+\. Use the same version: .*$/,
  )
  expect(engine.requests.at(-1)).toMatch(/^DELETE \/containers\//)
})

test('the error for a container that exits at its start has its output', async () => {
  await expect(new ChatImageMockContainer(IMAGE).withEnvironment({ MOCK_PACE: 'fast' }).start()).rejects.toThrow(
    /exited during HTTP healthCheck[^]*MOCK_PACE[^]*'fast'/,
  )
})

test('a container that is not ready in time is removed', async () => {
  await expect(new ChatImageMockContainer(OLD_IMAGE).withStartupTimeout(1).start()).rejects.toThrow(
    '/__mock/readyz not accessible after 1ms',
  )
})

test('only chat-image-mock/testcontainers loads testcontainers', () => {
  const program = `
    import { createRequire } from 'node:module'
    for (const entry of ['', '/matchers', '/testcontainers']) {
      await import('chat-image-mock' + entry)
      console.log(Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('testcontainers')))
    }`
  expect(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
      timeout: 15_000,
    }),
  ).toBe('false\nfalse\ntrue\n')
})
