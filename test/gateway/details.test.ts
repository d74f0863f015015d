import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/util/json.ts'
import { startMock } from '../../src/index.ts'
import { createApp } from '../../src/hono.ts'
import { ask, mockWith, toChunks } from '../ask.ts'
import { GENERATIONS } from './data.ts'

const origin = { origin: 'https://app.example' }
const json = { 'content-type': 'application/json' }

describe.each(GENERATIONS)('with --errors %s', (errors) => {
  test('CORS headers are sent only to pages of another origin, with credentials; pictures are open', async () => {
    await using mock = await startMock({ errors })
    const headersOf = async (path: string, headers: Record<string, string> = {}): Promise<Headers> =>
      (await fetch(mock.url + path, { headers })).headers
    for (const path of ['/v1/models', '/v1/nothing', '/dashboard']) {
      const foreign = await headersOf(path, origin)
      expect(foreign.get('access-control-allow-origin')).toBe('*')
      expect(foreign.get('access-control-allow-credentials')).toBe('true')
      for (const headers of [{}, { origin: mock.url }]) {
        const same = await headersOf(path, headers)
        expect(same.has('access-control-allow-origin'), path).toBe(false)
        expect(same.has('access-control-allow-credentials')).toBe(false)
      }
    }
    expect((await headersOf('/cdn/nope.png')).get('access-control-allow-origin')).toBe('*')
    expect((await headersOf('/__mock/health')).has('access-control-allow-origin')).toBe(false)
  })

  test('a preflight is answered on every path, other OPTIONS requests are a 404', async () => {
    const mock = await mockWith({ errors })
    for (const path of ['/v1/chat/completions', '/v1/nothing', '/']) {
      const preflight = await mock.fetch(mock.url + path, { method: 'OPTIONS', headers: origin })
      expect(preflight.status).toBe(204)
      expect(Object.fromEntries(preflight.headers)).toMatchObject({
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': '*',
        'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
        'access-control-allow-origin': '*',
        'access-control-max-age': '43200',
      })
    }
    const other = await mock.fetch(`${mock.url}/v1/chat/completions`, { method: 'OPTIONS' })
    expect([other.status, (await other.json()).error.message]).toEqual([
      404,
      'Invalid URL (OPTIONS /v1/chat/completions)',
    ])
  })

  test('a wrong method is a 404 that caches may keep, with a hint in the note', async () => {
    const mock = await mockWith({ errors })
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const response = await mock.fetch(`${mock.url}/v1/chat/completions`, { method })
      expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'max-age=604800'])
      expect(response.headers.has('allow')).toBe(false)
      expect((await response.json()).error.message).toBe(`Invalid URL (${method} /v1/chat/completions)`)
      expect(response.headers.get('x-mock-note')).toContain('POST /v1/chat/completions')
    }
    const near = await mock.fetch(`${mock.url}/chat/completions`, { method: 'POST' })
    expect([near.status, near.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(near.headers.get('x-mock-note')).toContain('Did you mean POST /v1/chat/completions?')
  })

  test('a slash at the end is redirected, with its query, also in another app', async () => {
    const app = new Hono()
    app.route('/mock', await createApp({ errors }))
    const to = async (path: string, method: string): Promise<[number, string | null, string]> => {
      const response = await app.request(path, { method })
      return [response.status, response.headers.get('location'), await response.text()]
    }
    expect(await to('/mock/v1/chat/completions/?a=1&b=2', 'POST')).toEqual([
      307,
      '/mock/v1/chat/completions?a=1&b=2',
      '',
    ])
    expect(await to('/mock/v1/models/', 'GET')).toEqual([
      301,
      '/mock/v1/models',
      '<a href="/mock/v1/models">Moved Permanently</a>.\n\n',
    ])
    expect((await to('/mock/v1/chat/completions/', 'GET'))[0]).toBe(404)
    expect((await to('/mock/v1/models/x/', 'GET'))[1]).toBe('/mock/v1/models/x')
  })

  test('operations that are not built are a 501, after the checks of key, model and channel', async () => {
    const mock = await mockWith({ errors, apiKeys: ['right'] })
    const send = async (line: string, body?: object, key = 'right'): Promise<[number, string]> => {
      const [method = '', path = ''] = line.split(' ')
      const response = await mock.fetch(mock.url + path, {
        method,
        headers: { ...json, authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return [response.status, await response.text()]
    }
    const built = [
      501,
      '{"error":{"message":"API not implemented","type":"new_api_error","param":"","code":"api_not_implemented"}}',
    ]
    for (const line of ['POST /v1/images/variations', 'POST /v1/files', 'POST /v1/fine-tunes/x/cancel'])
      expect(await send(line, { model: 'flux' })).toEqual(built)
    expect(await send('DELETE /v1/models/flux', {})).toEqual(built)
    expect((await send('DELETE /v1/models/nope', {}))[0]).toBe(503)
    expect((await send('POST /v1/images/variations', { model: 'nope' }))[0]).toBe(503)
    expect((await send('POST /v1/images/variations', {}))[0]).toBe(errors === 'gateway' ? 400 : 503)
    expect((await send('POST /v1/images/variations', { model: 'flux' }, 'wrong'))[0]).toBe(401)
    expect((await send('PUT /v1/files'))[0]).toBe(404)
  })

  test('operations that the vendor has not are its 404, after the same checks', async () => {
    const mock = await mockWith({ errors, apiKeys: ['sk-right'] })
    const send = async (model: string, key: string): Promise<[number, string]> => {
      const response = await mock.fetch(`${mock.baseURL}/images/generations`, {
        method: 'POST',
        headers: { ...json, authorization: key },
        body: JSON.stringify({ model, prompt: 'a cat' }),
      })
      return [response.status, (await response.json()).error.message]
    }
    const id = errors === 'gateway' ? '' : expect.stringMatching(/ \(request id: \d+\w+\)$/)
    for (const key of ['Bearer sk-right', 'bearer sk-right', 'right'])
      expect(await send('flux', key)).toEqual([404, id || 'Invalid URL (POST /v1/images/generations).'])
    expect((await send('nope', 'right'))[0]).toBe(503)
    expect((await send('flux', 'wrong'))[0]).toBe(401)
    for (const path of ['/models', '/models/flux'])
      expect((await mock.fetch(mock.baseURL + path, { method: 'HEAD' })).status).toBe(404)
  })

  test('request ids have the form of the build, in the header and in the message', async () => {
    const mock = await mockWith({ errors })
    for (let i = 0; i < 20; i++) {
      const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: json,
        body: '{}',
      })
      const id = response.headers.get('x-oneapi-request-id')
      expect(id).toMatch(errors === 'gateway' ? /^20\d{21}8268d9d6[A-Za-z\d]{8}$/ : /^20\d{12,21}[A-Za-z\d]{8}$/)
      expect((await response.json()).error.message).toMatch(new RegExp(` \\(request id: ${id}\\)$`))
    }
  })

  test('the models are a list in alphabetical order, of which few can be read one by one', async () => {
    const mock = await mockWith({ errors, apiKeys: ['right'] })
    const get = async (path: string, key = 'right'): Promise<Response> =>
      mock.fetch(`${mock.baseURL}${path}`, { headers: { authorization: key } })
    const list = await (await get('/models')).json()
    const names: string[] = list.data.map(({ id }: any) => id)
    expect(names).toContain('gpt-4o-image')
    expect(names).toEqual(names.toSorted())
    expect(list.success).toBe(true)
    const newer = errors === 'gateway'
    expect(list.data.find(({ id }: any) => id === 'flux')).toMatchObject(
      newer
        ? { object: 'model', created: 1_626_777_600, owned_by: 'openai', supported_endpoint_types: [] }
        : { object: 'model', created: 1_626_777_600, owned_by: 'custom', root: 'flux', parent: null },
    )
    expect(await (await get('/models/dall-e-3')).json()).toMatchObject({ id: 'dall-e-3', owned_by: 'openai' })
    for (const name of ['nope', 'flux']) {
      const one = await get(`/models/${name}`)
      expect([one.status, await one.text()]).toEqual([
        200,
        `{"error":{"message":"The model '${name}' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}`,
      ])
      expect(one.headers.get('content-type')).toBe('application/json; charset=utf-8')
    }
    expect((await get('/models', 'wrong')).status).toBe(401)
    expect((await get('/models/nope', 'Bearer wrong')).status).toBe(401)
  })

  test('the usage is null in each chunk, and a chunk of its own by the rule of the build', async () => {
    const mock = await mockWith({ errors })
    const usagesIn = async (stream_options?: JsonObject): Promise<unknown[]> => {
      const { chunks } = await ask(mock, { body: { stream: true, ...(stream_options && { stream_options }) } })
      return chunks.map(({ usage }) => (usage === null ? null : usage?.total_tokens))
    }
    const newer = errors === 'gateway'
    const [usual, included, excluded] = await Promise.all([
      usagesIn(),
      usagesIn({ include_usage: true }),
      usagesIn({ include_usage: false }),
    ])
    const total = expect.any(Number)
    expect(included.at(-1)).toEqual(total)
    expect(usual.at(-1)).toEqual(newer ? total : null)
    expect(excluded.at(-1)).toBeNull()
    for (const usages of [usual, included, excluded]) expect(new Set(usages.slice(0, -1))).toEqual(new Set([null]))
  })

  test('no comments interrupt a slow stream', async () => {
    const waits: number[] = []
    const mock = await mockWith({ errors, pace: 50, timer: async (ms) => void waits.push(ms) })
    const response = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: 'x' }] }),
    })
    expect(await response.text()).not.toContain(': PING')
    expect(Math.max(...waits)).toBeGreaterThan(10_000)
  })

  test('what the gateway accepts although the contract forbids it is a note', async () => {
    const mock = await mockWith({ errors })
    const { status, headers } = await ask(mock, { body: { messages: [{ content: 'a cat' }] } })
    expect(status).toBe(200)
    expect(headers.get('x-mock-note')).toMatch(/violation: .*'messages\[0\]\.role'/)
    expect((await mock.exchanges())[0]?.violations).toHaveLength(1)
  })

  test('of two models, the one that chooses the channel answers', async () => {
    const mock = await mockWith({ errors })
    const send = async (chosen: unknown, other: unknown, more = {}): Promise<Response> => {
      const models = errors === 'gateway' ? [chosen, other] : [other, chosen]
      const fields = models.map((model) => `"model":${JSON.stringify(model)},`).join('')
      const rest = JSON.stringify({ messages: [{ role: 'user', content: 'a cat' }], ...more }).slice(1)
      return mock.fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: json,
        body: `{${fields}${rest}`,
      })
    }
    for (const other of ['no-such', 'nano-banana']) {
      const response = await send('flux', other)
      expect([response.status, (await response.json()).model], other).toEqual([200, 'flux'])
      expect(response.headers.get('x-mock-note') ?? '').not.toContain("'model'")
    }
    const chunks = toChunks(await (await send('flux', 'no-such', { stream: true })).text())
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['flux']))
    expect((await mock.exchanges()).map(({ chat }) => chat?.model)).toEqual(['flux', 'flux', 'flux'])
    expect((await send('no-such', 'flux')).status).toBe(503)
  })

  test('the mode report answers what the contract forbids, and strict rejects unknown fields as the vendor', async () => {
    const reporting = await mockWith({ errors, contract: 'report' })
    expect((await ask(reporting, { model: 'nope', body: { n: '2' } })).status).toBe(200)
    const strict = await mockWith({ errors, contract: 'strict' })
    const response = await strict.fetch(`${strict.baseURL}/chat/completions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }], nope: 1 }),
    })
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ type: 'invalid_request_error', code: 'unknown_parameter' })
  })

  test('the operations of a custom contract are checked by the contract', async () => {
    const mock = await mockWith({ errors, spec: 'test/openapi/own/contract.yaml' })
    const valid = { method: 'POST', headers: json, body: JSON.stringify({ title: 'cat' }) }
    expect((await mock.fetch(`${mock.url}/drawings`, valid)).status).toBe(201)
    const wrong = await mock.fetch(`${mock.url}/drawings?limit=x`, { headers: { accept: 'ignored' } })
    expect([wrong.status, (await wrong.json()).error.type]).toEqual([400, 'invalid_request_error'])
    expect((await mock.fetch(`${mock.url}/drawings`, { method: 'PUT' })).status).toBe(404)
  })
})

test('the types of all models are checked before the first one is passed on', async () => {
  const mock = await mockWith({ errors: 'gateway' })
  const body = '{"model":"flux","model":5,"messages":[{"role":"user","content":"a cat"}]}'
  const response = await mock.fetch(`${mock.baseURL}/chat/completions`, { method: 'POST', headers: json, body })
  expect([response.status, (await response.json()).error.message]).toEqual([
    500,
    expect.stringContaining('cannot unmarshal number into Go struct field ***.model of type string'),
  ])
})

test("gateway-2025 replaces the message of a vendor's 429, which becomes a note", async () => {
  const mock = await mockWith({ errors: 'gateway-2025' })
  const response = await ask(mock, { headers: { 'x-mock-scenario': 'vendor-limit-rate' } })
  expect(response.json.error.message).toMatch(/^当前分组上游负载已饱和，请稍后再试 \(request id: /)
  expect(response.headers.get('x-mock-note')).toContain('Rate limit reached')
})

test('the header of the version is sent by the builds of 2026, with a configurable value', async () => {
  const versionOf = async (options: object, path = '/v1/models'): Promise<string | null> => {
    const mock = await mockWith(options)
    return (await mock.fetch(mock.url + path)).headers.get('x-new-api-version')
  }
  expect(await versionOf({ errors: 'gateway' })).toBe('v0.0.0')
  expect(await versionOf({ errors: 'gateway', gatewayVersion: 'v1.2.3' })).toBe('v1.2.3')
  expect(await versionOf({ errors: 'gateway', gatewayVersion: 'v1' }, '/__mock/health')).toBeNull()
  expect(await versionOf({ errors: 'gateway-2025', gatewayVersion: 'v1' })).toBeNull()
  expect(await versionOf({ gatewayVersion: 'v1' })).toBeNull()
  await expect(mockWith({ gatewayVersion: 'ä' })).rejects.toThrow(
    "gatewayVersion: 'ä' is not valid. Use 1 to 100 characters of printable ASCII.",
  )
})

test.each([
  ['zh-CN,zh;q=0.9', '无效的令牌'],
  ['zh', '无效的令牌'],
  ['zh-HK', '无效的令牌'],
  ['zh-TW', '無效的令牌'],
  ['ZH-tw,zh;q=0.5', '無效的令牌'],
  ['en-US,zh', 'Invalid token'],
  ['ja', 'Invalid token'],
  ['', 'Invalid token'],
])('Accept-Language: %s: %s', async (language, message) => {
  const mock = await mockWith({ errors: 'gateway', apiKeys: ['right'] })
  const response = await mock.fetch(`${mock.baseURL}/models`, { headers: { 'accept-language': language } })
  expect((await response.json()).error.message).toMatch(new RegExp(`^${message} \\(request id: `))
})

test('the format openai is not changed: no usage, comments, charset and CORS headers as before', async () => {
  const mock = await mockWith({ apiKeys: ['right'] })
  const send = async (path: string, headers = {}): Promise<Response> =>
    mock.fetch(`${mock.baseURL}${path}`, { headers })
  expect((await send('/models', { authorization: 'right' })).status).toBe(401)
  const models = await send('/models', { authorization: 'Bearer right' })
  expect(models.headers.get('content-type')).toBe('application/json')
  expect(models.headers.get('access-control-allow-origin')).toBe('*')
  expect((await models.json()).object).toBe('list')
  expect((await send('/models/nope', { authorization: 'Bearer right' })).status).toBe(404)
  const { text } = await ask(mock, { headers: { authorization: 'Bearer right' }, body: { stream: true } })
  for (const chunk of toChunks(text)) expect(chunk).not.toHaveProperty('usage')
})
