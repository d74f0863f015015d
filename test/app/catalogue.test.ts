import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { readPlaceholder } from '../../src/index.ts'
import type { ModelEntry, ScenarioEntry } from '../../src/app/catalogue-entries.ts'
import { ask, mockWith } from '../ask.ts'

async function get(mock: Pick<Mock, 'fetch'>, path: string): Promise<any> {
  const response = await mock.fetch(`/__mock/${path}`)
  expect(response.status).toBe(200)
  return response.json()
}

async function scenariosOf(mock: Mock): Promise<ScenarioEntry[]> {
  return (await get(mock, 'scenarios')).scenarios
}

async function modelsOf(mock: Mock): Promise<ModelEntry[]> {
  return (await get(mock, 'models')).models
}

test.each(['openai', 'gateway'] as const)(
  'a scenario is listed with what a client sees, and with ways that request it (%s)',
  async (errors) => {
    const mock = await mockWith({ errors, timer: async () => {} })
    const body = (content: string): string => JSON.stringify({ model: 'flux', messages: [{ role: 'user', content }] })
    const send = async (content: string, headers = {}): Promise<readonly unknown[]> => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body(content) }
      const response = await mock.fetch('/v1/chat/completions', init).catch(() => undefined)
      if (response === undefined) return [null, null]
      const text = await response.text().catch(() => '')
      const [, code = null] = response.status < 400 ? [] : (/"code":"([^"]+)"/.exec(text) ?? [])
      return [response.status, code]
    }
    const scenarios = await scenariosOf(mock)
    expect(scenarios.length).toBeGreaterThan(90)
    for (const { name, group, effects, request, isCustom } of scenarios) {
      expect([name.startsWith(`${group}-`), isCustom], name).toEqual([true, false])
      const [effect] = effects
      const { status, code, changes } = effect!
      expect(changes, name).not.toEqual([])
      await mock.fetch('/__mock/script', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...request.script, times: 1 }),
      })
      const seen = [
        await send('a fox'),
        await send('a fox', { 'x-mock-scenario': request.header }),
        await send(request.prompt),
      ]
      expect(seen[1], name).toEqual(seen[0])
      expect(seen[2], name).toEqual(seen[0])
      if (changes.some((change) => ['error', 'status', 'reset'].includes(change)))
        expect(seen[0], name).toEqual([status, code])
    }
    const retry = scenarios.find(({ name }) => name === 'retry-503')
    expect(retry?.effects).toMatchObject([{ status: 503 }, { status: 503 }])
  },
)

test('an effect has the headers, the wait and the changes of its scenario', async () => {
  const scenarios = await scenariosOf(await mockWith())
  const effectsOf = (name: string) => scenarios.find((one) => one.name === name)?.effects
  expect(effectsOf('limit-rate-ms')).toEqual([
    {
      status: 429,
      code: 'rate_limit_exceeded',
      headers: { 'retry-after-ms': '200' },
      wait: 0,
      changes: ['error', 'headers'],
    },
  ])
  expect(effectsOf('slow-start')).toEqual([{ status: 200, code: null, headers: {}, wait: 2, changes: ['wait'] }])
})

test('a model is listed with the facts of its profile, their evidence, and a sample picture', async () => {
  const mock = await mockWith()
  const models = await modelsOf(mock)
  expect(models.map(({ name }) => name)).toEqual(expect.arrayContaining(['flux', 'gpt-4o-image', 'flux-*']))
  expect(models.find(({ name }) => name === 'gpt-4o-image')).toMatchObject({
    profile: 'gpt-4o-image',
    isCustom: false,
    style: 'task-log',
    sizes: ['1024x1024', '1536x1024', '1024x1536', '1792x1024', '1024x1792'],
    formats: ['png'],
    references: 'optional',
    follows: null,
    pace: { first: [1, 3], queue: [1, 30] },
  })
  expect(models.find(({ name }) => name === 'flux-kontext-pro')).toMatchObject({
    profile: 'flux-kontext-*',
    follows: 'ratio',
    referenceSizes: expect.arrayContaining(['688x1504']),
  })
  for (const { name, evidence, sample, formats } of models) {
    for (const fact of ['style', 'sizes', 'formats']) expect(evidence[fact], `${name} ${fact}`).toMatch(/^\[[SMRG]\]/)
    const placeholder = readPlaceholder(await (await mock.fetch(sample)).arrayBuffer())
    expect(placeholder).toMatchObject({ model: name, format: formats[0] })
    expect(Math.max(placeholder!.width, placeholder!.height)).toBeLessThanOrEqual(512)
  }
})

test('custom scenarios and models are marked', async () => {
  const fixtures = mkdtempSync(join(tmpdir(), 'fixtures-'))
  onTestFinished(() => rmSync(fixtures, { recursive: true }))
  mkdirSync(join(fixtures, 'scenarios'))
  writeFileSync(
    join(fixtures, 'scenarios/limit-own.yaml'),
    'about: My limit.\nthen: { status: 429, body: slow down }\n',
  )
  writeFileSync(
    join(fixtures, 'profiles.yaml'),
    "my-model: { style: lite, sizes: [768x512] }\n'my-*': { style: lite }\n",
  )
  const mock = await mockWith({ fixtures })
  expect((await scenariosOf(mock)).find(({ name }) => name === 'limit-own')).toMatchObject({
    about: 'My limit.',
    group: 'limit',
    isCustom: true,
    effects: [{ status: 429, code: null, changes: ['status', 'body'] }],
  })
  const models = await modelsOf(mock)
  expect(models.filter(({ isCustom }) => isCustom)).toMatchObject([
    { name: 'my-model', profile: 'my-model', sizes: ['768x512'], evidence: {} },
    { name: 'my-*', profile: 'my-*', evidence: {} },
  ])
})

test('a contract with very many models, and with long names, is listed up to 1,000', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const names = ['x'.repeat(1000), ...Array.from({ length: 5000 }, (_, i) => `model-${i}`)]
  const model = { type: 'string', enum: names }
  const schema = { type: 'object', properties: { model, messages: { type: 'array' } } }
  const post = {
    operationId: 'createChatCompletion',
    requestBody: { content: { 'application/json': { schema } } },
    responses: { 200: { description: 'ok' } },
  }
  const document = { openapi: '3.0.3', info: { title: 'a', version: '1' }, paths: { '/v1/chat/completions': { post } } }
  const spec = join(folder, 'openapi.json')
  writeFileSync(spec, JSON.stringify(document))
  const models = await modelsOf(await mockWith({ spec }))
  expect(models).toHaveLength(1000)
  expect(models[0]).toMatchObject({ name: 'x'.repeat(1000), profile: '*' })
})

test('a picture has its facts, its size in bytes and its media type', async () => {
  const mock = await mockWith()
  await ask(mock, { model: 'flux', text: 'a fox', body: { n: 2 } })
  const [{ pictures } = {}] = await mock.exchanges()
  for (const { path } of pictures ?? []) {
    const name = path.split('/')[2]
    const { path: same, mediaType, bytes, placeholder } = await get(mock, `pictures/${name}`)
    const response = await mock.fetch(path)
    const file = await response.arrayBuffer()
    expect([same, mediaType, bytes]).toEqual([path, response.headers.get('content-type'), file.byteLength])
    expect(placeholder).toEqual(readPlaceholder(file))
  }
  const metrics = await (await mock.fetch('/__mock/metrics')).text()
  expect(metrics, 'both routes share the cache').toContain('render_duration_seconds_count 2\n')
  for (const name of ['x', '1abc', `${pictures![0]!.path.split('/')[2]}x`, 'x'.repeat(5000)])
    expect((await mock.fetch(`/__mock/pictures/${name}`)).status).toBe(404)
})

test('the routes of links that have moved are in the paths of pictures and samples', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ok = { responses: { 200: { description: 'ok' } } }
  const paths = {
    '/cdn/{a}/{b}': {
      get: { ...ok, parameters: ['a', 'b'].map((name) => ({ name, in: 'path', required: true, schema: {} })) },
    },
    '/v1/chat/completions': {
      post: {
        ...ok,
        operationId: 'createChatCompletion',
        requestBody: { content: { 'application/json': { schema: {} } } },
      },
    },
  }
  writeFileSync(join(folder, 'a.json'), JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, paths }))
  const mock = await mockWith({ spec: join(folder, 'a.json') })
  await ask(mock, { model: 'flux', text: 'a fox' })
  const [picture] = (await mock.exchanges())[0]!.pictures
  expect(picture?.path).toMatch(/^\/__mock\/cdn\//)
  expect(readPlaceholder(await (await mock.fetch(picture!.path)).arrayBuffer())?.label).toBe('a fox')
  expect((await get(mock, `pictures/${picture!.path.split('/')[3]}`)).path).toBe(picture!.path)
  expect(await (await mock.fetch('/__mock/contract.json')).json()).toMatchObject({ info: { title: 'a' } })
  const { links } = await (await mock.fetch('/')).json()
  expect(new URL(links.openapi).pathname).toBe('/__mock/contract.yaml')
})
