import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { toContract } from '../../src/openapi/contract.ts'
import { toOperations } from '../../src/openapi/operation.ts'
import { type Coverage, type Section, toCoverage } from '../../src/journal/coverage.ts'
import type { CoverageScope } from '../../src/journal/coverage-scope.ts'
import { createMock, missedThresholds } from '../../src/index.ts'
import { coverageKeysOf } from '../../src/journal/coverage-keys.ts'
import type { RequestSpec } from './record.ts'
import { chatOf, NO_FACTS, targets, record } from './record.ts'

const CHAT = 'POST /v1/chat/completions'

const cover = async (...requests: RequestSpec[]): Promise<Coverage> =>
  coverScope({ models: 'all', scenarios: 'all' }, ...requests)

async function coverScope(scope: CoverageScope, ...requests: RequestSpec[]): Promise<Coverage> {
  const keys = new Map<string, number>()
  for (const one of requests) for (const key of (await record(one)).keys) keys.set(key, (keys.get(key) ?? 0) + 1)
  return toCoverage(keys, targets, scope)
}

const coveredIn = (section: { items: readonly { name: string; count: number }[] }): Record<string, number> =>
  Object.fromEntries(section.items.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]))

test('the coverage keys of a request name everything that it covers', async () => {
  const { keys } = await record({
    body: chatOf('a fox', { stream: true, n: 2, whatever: 1 }),
    facts: { choice: { name: 'slow', why: 'asked' } },
  })
  expect(keys.toSorted()).toEqual([
    'combination nano-banana\tstream\t200\tslow\tstring',
    'content string',
    'form stream',
    'model nano-banana',
    `operation ${CHAT}`,
    `parameter ${CHAT} body messages`,
    `parameter ${CHAT} body model`,
    `parameter ${CHAT} body n`,
    `parameter ${CHAT} body stream`,
    'scenario slow',
    `status ${CHAT} 200`,
  ])
})

test('the combinations say what was tried together', async () => {
  await using mock = await createMock({ contract: 'report' })
  const send = async (content: unknown, rest: object, headers = {}): Promise<unknown> =>
    (
      await mock.fetch(`${mock.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(chatOf(content, rest)),
      })
    ).text()
  const flux = { model: 'flux', stream: true }
  await send('a fox', flux)
  await send('a fox', flux, { 'x-mock-scenario': 'limit-rate' })
  await send('a cat', flux)
  await send([{ type: 'text', text: 'a fox' }], { model: 'unheard-of' })
  expect((await mock.coverage()).combinations).toEqual([
    { model: 'flux', form: 'stream', status: 200, scenario: null, contents: ['string'], count: 2 },
    { model: 'flux', form: 'stream', status: 429, scenario: 'limit-rate', contents: ['string'], count: 1 },
    { model: null, form: 'whole', status: 200, scenario: null, contents: ['text part'], count: 1 },
  ])
})

test('a model counts for its family, the one with the longest prefix', async () => {
  const { models } = await cover(
    { body: chatOf('a', { model: 'flux-kontext-max' }) },
    { body: chatOf('a', { model: 'flux-pro' }) },
    { body: chatOf('a', { model: 'flux' }) },
  )
  expect(coveredIn(models)).toEqual({ flux: 1, 'flux-*': 1, 'flux-kontext-*': 1 })
  expect(models).toMatchObject({ covered: 3, total: 15, percent: 20 })
})

test('each kind of content has its own item', async () => {
  const picture = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='
  const { contents } = await cover(
    { body: chatOf('a fox') },
    {
      body: chatOf([
        { type: 'text', text: 'a fox' },
        { type: 'image_url', image_url: { url: picture } },
        { type: 'file_url', file_url: 'http://host/a.png' },
      ]),
    },
    {
      body: {
        model: 'flux',
        messages: [
          { role: 'assistant', content: 'here: ![a](http://host/a.png)' },
          { role: 'user', content: 'bluer' },
        ],
      },
    },
  )
  expect(coveredIn(contents)).toEqual({
    string: 2,
    'text part': 1,
    'image_url part': 1,
    'file_url part': 1,
    'data URI': 1,
    link: 1,
    'earlier picture': 1,
  })
  expect(contents.percent).toBe(100)
})

test('items that are not covered are listed with a count of 0', async () => {
  const { operations, parameters, statuses, forms, scenarios } = await cover(
    { body: chatOf('a') },
    { operationId: 'retrieveModel' },
    { body: chatOf('b') },
  )
  expect(operations.items).toEqual([
    { name: CHAT, count: 2, known: true, inTotal: true },
    { name: 'GET /v1/models', count: 0, known: true, inTotal: true },
    { name: 'GET /v1/models/{model}', count: 1, known: true, inTotal: true },
  ])
  expect(parameters.items).toContainEqual({ name: `${CHAT} body seed`, count: 0, known: true, inTotal: true })
  expect(coveredIn(parameters)).toMatchObject({ 'GET /v1/models/{model} path model': 1, [`${CHAT} body model`]: 2 })
  expect(coveredIn(statuses)).toEqual({ [`${CHAT} 200`]: 2, 'GET /v1/models/{model} 200': 1 })
  expect(forms).toMatchObject({ covered: 1, total: 2, percent: 50 })
  expect(scenarios.items).toEqual(targets.scenarios.map((name) => ({ name, count: 0, known: true, inTotal: true })))
})

test('unknown items are listed, and do not affect the percentage', async () => {
  const reply = { status: 418, headers: {}, body: '{"error":{"code":"teapot"}}' }
  const { statuses, codes, scenarios } = await cover({
    body: chatOf('a'),
    reply,
    facts: { choice: { name: 'inline', why: 'script' } },
  })
  expect(statuses.items).toContainEqual({ name: `${CHAT} 418`, count: 1, known: false, inTotal: false })
  expect(statuses.covered).toBe(0)
  expect(codes.items).toEqual([{ name: 'teapot', count: 1, known: false, inTotal: false }])
  expect(scenarios).toMatchObject({ covered: 0, total: 2 })
})

test('violations are counted by code, with a pointer into the contract and a hint', async () => {
  const body = (role: any): any => ({ model: 'flux', messages: [{ role: 'user' }, { role }] })
  const { violations } = await cover(
    { body: body(5) },
    { body: body(null) },
    { body: chatOf([{ type: 'video' }]) },
    { body: { messages: [{ role: 'user' }] } },
  )
  const schema = '/paths/~1v1~1chat~1completions/post/requestBody/content/application~1json/schema'
  expect(violations).toEqual([
    {
      code: 'type:messages[].role',
      count: 2,
      operation: CHAT,
      pointer: `${schema}/properties/messages/items/properties/role`,
      hint: "Invalid type for 'messages[].role': expected a string, but got an integer instead.",
    },
    {
      code: 'value:messages[].content[].type',
      count: 1,
      operation: CHAT,
      pointer: '/components/schemas/Part/anyOf/1/properties/type',
      hint: "Invalid value for 'messages[].content[].type': supported values are 'text', 'image_url', 'file_url', 'refusal'.",
    },
    {
      code: 'missing:model',
      count: 1,
      operation: CHAT,
      pointer: `${schema}/properties/model`,
      hint: "Missing required parameter: 'model'.",
    },
  ])
})

test('a custom contract: parameters are listed with their location, and a 404 counts for 4XX', () => {
  const document = parse(`
    paths:
      /things/{id}:
        get:
          parameters:
            - { name: id, in: path, required: true, schema: { type: string } }
            - { name: limit, in: query, schema: { type: integer, maximum: 5 } }
            - { name: filter, in: query, style: deepObject, schema: { type: object } }
            - { name: X-Trace, in: header, schema: { type: string } }
          responses: { '200': { description: ok }, '4XX': { description: wrong } }`)
  const custom = {
    contract: toContract({
      file: 'openapi.yaml',
      document: () => document,
      operations: toOperations(document),
      validators: new Map(),
      source: targets.contract.source,
    }),
    models: [],
    families: [],
    scenarios: [],
    allScenarios: [],
  }
  const [operation] = custom.contract.operations
  const violation = {
    param: 'limit',
    reason: 'value',
    value: 9,
    message: "Invalid value for 'limit': it must be at most 5.",
  } as const
  const keys = coverageKeysOf(
    { ...NO_FACTS, operation, violations: [violation] },
    {
      request: { method: 'GET', path: '/things/1', query: 'limit=9&filter[a]=b', headers: { 'x-trace': '1' } },
      reply: { status: 404, headers: {}, body: '' },
    },
    custom,
  )
  const coverage = toCoverage(new Map(keys.map((key) => [key, 1])), custom)
  expect(coverage.parameters).toMatchObject({ covered: 4, total: 4, percent: 100 })
  expect(coverage.statuses.items).toEqual([
    { name: 'GET /things/{id} 200', count: 0, known: true, inTotal: true },
    { name: 'GET /things/{id} 4XX', count: 1, known: true, inTotal: true },
  ])
  expect(coverage.contents).toMatchObject({ total: 0, percent: 100 })
  expect(coverage.violations).toEqual([
    {
      code: 'value:limit',
      count: 1,
      operation: 'GET /things/{id}',
      pointer: '/paths/~1things~1{id}/get/parameters/1/schema',
      hint: violation.message,
    },
  ])
})

test('requests to made-up paths have the same coverage keys', () => {
  const keys = ['/a', '/b'].map((path) => {
    const violation = {
      param: 'path',
      reason: 'value',
      value: undefined,
      message: `Invalid URL (GET ${path})`,
    } as const
    const request = { method: 'GET', path, query: '', headers: {} }
    const reply = { status: 404, headers: {}, body: '{}' }
    return coverageKeysOf({ ...NO_FACTS, violations: [violation] }, { request, reply }, targets)
  })
  expect(keys[0]).toEqual(keys[1])
})

test('coverage keys are bounded for a very long request', async () => {
  const long = 'x'.repeat(5000)
  const violations = Array.from({ length: 100 }, (_, i) => ({
    param: `${long}${i}[${i}]`,
    reason: 'type' as const,
    value: 1,
    message: long,
  }))
  const { keys } = await record({
    body: chatOf(long),
    facts: { violations, choice: { name: long, why: '' } },
    reply: { status: 500, headers: {}, body: JSON.stringify({ error: { code: long } }) },
  })
  expect(Math.max(...keys.map((key) => key.length))).toBe(300)
  expect(keys.length).toBeLessThan(40)
})

const ONE_MODEL = { body: chatOf('a', { model: 'flux' }), facts: { choice: { name: 'slow', why: 'asked' } } }

test('by default the models that were used are in the total, and no scenario', async () => {
  const { models, scenarios } = await coverScope({}, ONE_MODEL)
  expect(models).toEqual({
    covered: 1,
    total: 1,
    percent: 100,
    items: [{ name: 'flux', count: 1, known: true, inTotal: true }],
  })
  expect(scenarios).toEqual({
    covered: 0,
    total: 0,
    percent: 100,
    items: [{ name: 'slow', count: 1, known: true, inTotal: false }],
  })
})

test.each<[scope: CoverageScope, models: string[], scenarios: string[]]>([
  [{ models: 'nano-banana' }, ['flux', 'nano-banana'], []],
  [{ models: ['flux-*'] }, ['flux', 'flux-kontext-pro', 'flux-*', 'flux-kontext-*'], []],
  [{ models: 'flux-pro' }, ['flux', 'flux-*'], []],
  [{ scenarios: 'slow' }, ['flux'], ['slow']],
  [{ scenarios: ['slow', 'rate-*'] }, ['flux'], ['rate-limited', 'slow']],
])('scope %j adds models and scenarios to the totals', async (scope, models, scenarios) => {
  const coverage = await coverScope(scope, ONE_MODEL)
  const inTotal = (section: Section): string[] => section.items.filter((one) => one.inTotal).map(({ name }) => name)
  expect(inTotal(coverage.models).toSorted()).toEqual(models.toSorted())
  expect(coverage.models).toMatchObject({ covered: 1, total: models.length })
  expect(inTotal(coverage.scenarios)).toEqual(scenarios)
  expect(coverage.scenarios.total).toBe(scenarios.length)
})

test.each<[scope: any, message: string]>([
  [{ models: 'fluks' }, "models: there is no model 'fluks'. Did you mean flux?"],
  [{ models: ['x*'] }, "models: there is no model 'x*'. The command `chat-image-mock models` lists all."],
  [{ scenarios: 'slwo' }, "scenarios: there is no scenario 'slwo'. Did you mean slow?"],
  [{ models: [5] }, 'models: this value is not valid. Use a name or a list of names.'],
  [{ model: 'flux' }, "coverage: unknown option 'model'. Use models or scenarios."],
])('rejects the scope %j', async (scope, message) => {
  await expect(coverScope(scope)).rejects.toThrow(message)
})

test('for a custom contract, all scenarios are only the custom ones', () => {
  const custom = { ...targets, allScenarios: ['slow'] }
  const { scenarios } = toCoverage(new Map([['scenario rate-limited', 1]]), custom, { scenarios: 'all' })
  expect(scenarios).toMatchObject({ covered: 0, total: 1 })
})

test('missedThresholds returns a line for each section that is below its threshold', async () => {
  const coverage = await coverScope({}, ONE_MODEL)
  const { percent, covered, total } = coverage.parameters
  expect(missedThresholds(coverage, { operations: 33.3, parameters: 60, forms: 50, statuses: 100 })).toEqual([
    `coverage of parameters is ${percent} % (${covered} of ${total}), below the threshold of 60 %`,
    expect.stringMatching(/^coverage of statuses is \d+ % \(\d+ of \d+\), below the threshold of 100 %$/),
  ])
  expect(missedThresholds(coverage, {})).toEqual([])
})

test.each<[thresholds: any, message: string]>([
  [
    { operation: 1 },
    "missedThresholds: unknown section 'operation'. Did you mean operations? The sections are operations, models, parameters, contents, forms, statuses, scenarios.",
  ],
  [{ codes: 1 }, "missedThresholds: unknown section 'codes'."],
  [{ operations: 101 }, "missedThresholds: operations: '101' is not valid. Use a number from 0 to 100."],
  [{ operations: '5' }, "missedThresholds: operations: '5' is not valid. Use a number from 0 to 100."],
])('missedThresholds rejects %j', async (thresholds, message) => {
  const coverage = await coverScope({})
  expect(() => missedThresholds(coverage, thresholds)).toThrow(message)
})
