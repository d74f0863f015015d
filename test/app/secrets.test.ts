import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { RequestLogEntry, Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'

// Each credential is unique and unlike any word, so that all stored and returned bytes can be searched for it.
let planted: string[] = []
const plant = (what: string): string => {
  const secret = `Q${what.replaceAll(/[^a-z\d]/gi, '')}x7f3Kd9Lm2Zt`
  planted.push(secret)
  return secret
}

const HEADERS = [
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
  'x-amz-security-token',
  'x-auth-token',
  'x-csrf-token',
  'x-client-secret',
  'x-session-id',
  'x-signature',
  'x-jwt-assertion',
  'x-password',
]
const FIELDS = [
  'api_key',
  'apiKey',
  'APIKEY',
  'access_token',
  'refreshToken',
  'client_secret',
  'password',
  'db-pass',
  'credentials',
  'sessionId',
  'private_key',
  'bearer',
  'jwt',
  'sig',
  'max_tokens_key',
  'passcode',
  'pin',
  'psk',
]
const PARAMETERS = [
  'api_key',
  'key',
  'access_token',
  'sig',
  'X-Amz-Signature',
  'X-Amz-Credential',
  'AWSAccessKeyId',
  'token',
  'auth',
  'pwd',
]

const secretHeaders = (): Record<string, string> =>
  Object.fromEntries(HEADERS.map((name) => [name, plant(`header ${name}`)]))
const fields = (where: string): Record<string, string> =>
  Object.fromEntries(FIELDS.map((name) => [name, plant(`${where} ${name}`)]))
const query = (where: string): string => PARAMETERS.map((name) => `${name}=${plant(`${where} ${name}`)}`).join('&')

// Reference pictures, in base64 of bytes that occur nowhere else.
const BASE64 = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919) % 251)).toString('base64')
const GIF = `R0lGODlhQABAAAAAACH${BASE64}`
const png = (): string => {
  const chunk = (name: string, data: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, data.length]), Buffer.from(name), data, Buffer.alloc(4)])
  const head = Buffer.from([0, 0, 0, 64, 0, 0, 0, 64, 8, 2, 0, 0, 0])
  return (
    Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      chunk('IHDR', head),
      chunk('IDAT', deflateSync(Buffer.alloc(99))),
    ]).toString('base64') + BASE64.slice(0, 400)
  )
}

const callingTool = (text: string): object => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'draw', arguments: text } }],
})

/** A request with a credential in every place. */
function requestWithSecrets(rest: object): { url: string; init: RequestInit } {
  const text = [
    'a fox',
    `https://me:${plant('userinfo')}@host.example/a.png`,
    `https://${plant('user only')}@host.example/a.png`,
    `![a](https://host.example/b.png?w=5&${query('link')}&keep=this)`,
    `Authorization: Bearer ${plant('bearer in the prompt')}`,
    `sk-${plant('vendor key')}`,
    `https://host.example/#access_token=${plant('fragment')}`,
    `{"config":${JSON.stringify(JSON.stringify(fields('JSON in the prompt')))}}`,
    `curl -u me:${plant('curl user')} -H 'cookie: ${plant('quoted header')}' https://host.example/`,
    `cookie: a=${plant('cookie in a sentence')}; b=${plant('second cookie')}`,
    `\nAuthorization: ${plant('header line')}\ncookie: ${plant('cookie line')}\nX-Signature: ${plant('signature line')}`,
    `\nAuthorization: Digest username="me", response="${plant('digest')}"`,
    `\n-----BEGIN EC PRIVATE KEY-----\n${plant('private key')}+/=\n${plant('second line')}\n-----END EC PRIVATE KEY-----\n`,
    `gsk_${plant('Groq')} xai-${plant('xAI')} r8_${plant('Replicate')}`,
  ].join(' ')
  const content = [
    { type: 'text', text },
    {
      type: 'image_url',
      image_url: { url: `https://me:${plant('picture userinfo')}@host.example/c.png?${query('picture')}` },
    },
    { type: 'file_url', file_url: { url: `https://host.example/d.png?${query('file')}` } },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${png()}` } },
  ]
  const nested = { deep: [{ deeper: { ...fields('nested'), list: [[fields('list')]] } }] }
  return {
    url: `/chat/completions?q=this&${query('query')}&next=${encodeURIComponent(`https://me:${plant('encoded userinfo')}@host.example/?token=${plant('encoded parameter')}`)}`,
    init: {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${plant('authorization')}`,
        ...secretHeaders(),
      },
      body: JSON.stringify({
        model: 'gpt-4o-image',
        messages: [callingTool(JSON.stringify({ ...fields('arguments'), count: 2 })), { role: 'user', content }],
        size: `sk-${plant('size')}`,
        output_format: `sk-${plant('output format')}`,
        ...fields('top'),
        nested,
        user: `sk-${plant('user field')}`,
        ...rest,
      }),
    },
  }
}

/** All that the control API returns, by path and media type. */
async function controlApiTexts(mock: Mock): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  const look = async (path: string, accept = 'application/json'): Promise<void> => {
    texts[`${path} ${accept}`] = await (await mock.fetch(`${mock.url}/__mock/${path}`, { headers: { accept } })).text()
  }
  await look('exchanges')
  await look('exchanges', 'text/plain')
  await look('exchanges/latest')
  for (const accept of ['application/json', 'text/markdown', 'application/xml']) await look('coverage', accept)
  for (const path of ['openapi.json', 'health', 'scenarios', 'script']) await look(path)
  return texts
}

function expectNone(texts: Record<string, string>, secrets: readonly string[]): void {
  for (const [where, text] of Object.entries(texts)) {
    expect(
      secrets.filter((secret) => text.includes(secret)),
      where,
    ).toEqual([])
  }
}

test.each<[what: string, rest: object]>([
  ['a JSON response', {}],
  ['a stream, which repeats the prompt', { stream: true }],
  ['a model that repeats the prompt as JSON', { model: 'flux' }],
  ['that model and a stream', { model: 'flux', stream: true }],
  ['a violation', { n: 'two', messages: [{ role: 'user' }] }],
  ['an unknown model', { model: 'gpt-9' }],
  [
    'a broken picture',
    {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    },
  ],
])('no credential is in the journal, the control API or the log: %s', async (_what, rest) => {
  planted = []
  const log: RequestLogEntry[] = []
  const faults: unknown[] = []
  await using mock = await startMock({
    onExchange: (exchange) => log.push(exchange),
    onFault: (error) => faults.push(error),
  })
  const { url, init } = requestWithSecrets(rest)
  const response = await mock.fetch(mock.baseURL + url, init)
  const text = await response.text()
  expect(planted.length).toBeGreaterThan(80)
  const texts = await controlApiTexts(mock)
  expect(texts['exchanges application/json']).toContain('"api_key":"[redacted]"')
  expect(texts['exchanges application/json'], 'other values stay').toContain('q=this&')
  expectNone(
    {
      ...texts,
      log: JSON.stringify(log),
      faults: String(faults),
      headers: JSON.stringify([...response.headers]),
      ...(response.status >= 400 ? { error: text } : {}),
    },
    planted,
  )
  expectNone(texts, [BASE64.slice(0, 40), BASE64.slice(100, 140), BASE64.slice(-40), GIF.slice(0, 40)])
})

test('the journal has no credentials from prompts that a response repeats, for every model', async () => {
  await using mock = await startMock()
  const { data } = (await (await mock.fetch(`${mock.baseURL}/models`)).json()) as { data: { id: string }[] }
  for (const { id: model } of data) {
    for (const stream of [false, true]) {
      planted = []
      const { url, init } = requestWithSecrets({ model, stream })
      const response = await mock.fetch(mock.baseURL + url, init)
      await response.text()
      expect(response.status, model).toBe(200)
      expectNone(
        {
          [`${model}, ${stream ? 'stream' : 'JSON'}`]: await (
            await mock.fetch(`${mock.url}/__mock/exchanges/latest`)
          ).text(),
        },
        planted,
      )
    }
  }
})

test('a credential in place of a name is redacted too', async () => {
  planted = []
  const log: RequestLogEntry[] = []
  await using mock = await startMock({ onExchange: (exchange) => log.push(exchange) })
  const chat = (headers: Record<string, string>, model = 'flux'): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
  })
  const key = (what: string): string => `sk-${plant(what)}`
  const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
    (await mock.fetch(mock.url + path, init)).arrayBuffer()
  await ask('/v1/chat/completions', chat({}, key('model')))
  await ask('/v1/chat/completions', chat({ 'x-mock-scenario': key('scenario') }))
  await ask('/v1/chat/completions', chat({ prefer: `wait=1, token=${plant('preference')}` }))
  await ask('/v1/chat/completions', chat({ prefer: key('bare preference') }))
  await ask('/v1/chat/completions', chat({ 'x-mock-pace': key('pace') }))
  await ask('/v1/chat/completions', chat({ 'content-type': `text/${key('type')}` }))
  await ask('/v1/chat/completions', chat({ 'content-encoding': key('encoding') }))
  await ask('/v1/chat/completions', { ...chat({}), method: 'DELETE', body: null })
  await ask(`/v1/models/${key('segment')}`)
  await ask(`/v1/${key('path')}`)
  await ask(`/v1/models?${query('of models')}`)
  await ask(`/__mock/${key('control path')}`)
  await ask(`/__mock/exchanges/${key('id')}`)
  await ask(`/__mock/exchanges?${query('of the control API')}`)
  await ask(`/cdn/${key('picture')}/x.png`)
  expectNone({ ...(await controlApiTexts(mock)), log: JSON.stringify(log) }, planted)
  expect(log.length).toBeGreaterThan(15)
})

test('the journal has base64 pictures of responses as type, digest and size', async () => {
  await using mock = await startMock()
  for (const style of ['data-uri', 'images-field']) {
    for (const stream of [true, false]) {
      await mock.script({ then: { style: style as 'data-uri' } })
      const body = JSON.stringify({ model: 'nano-banana', stream, messages: [{ role: 'user', content: 'a fox' }] })
      const text = await (
        await mock.fetch(`${mock.baseURL}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
      ).text()
      const [, base64 = ''] = /base64,([\w+/=]{200,})/.exec(text) ?? []
      expect(base64).not.toBe('')
      const texts = await controlApiTexts(mock)
      expectNone(texts, [base64.slice(0, 60), base64.slice(100, 160), base64.slice(-60)])
      expect(texts['exchanges/latest application/json']).toMatch(
        /data:image\/png;base64,\[sha256 [\da-f]{16}, \d+ bytes\]/,
      )
    }
  }
})

test('the control token is never returned or logged', async () => {
  const token = plant('control token')
  const log: RequestLogEntry[] = []
  await using mock = await startMock({ controlToken: token, onExchange: (exchange) => log.push(exchange) })
  const headers = { 'x-mock-control-token': token, 'content-type': 'application/json' }
  await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }] }),
  })
  const texts: Record<string, string> = { log: JSON.stringify(log) }
  for (const path of ['exchanges', 'coverage', 'openapi.json', 'health'])
    texts[path] = await (await mock.fetch(`${mock.url}/__mock/${path}`, { headers })).text()
  expect(texts['exchanges']).toContain('"x-mock-control-token":"[redacted]"')
  expectNone(texts, [token])
})

const SECRET = 'Qx7f3Kd9Lm2ZtWv8'
const KEYS = {
  'a key': `sk-${SECRET}`,
  'a key of GitHub': `ghp_${SECRET}`,
  'a key of Google': `AIza${SECRET}${SECRET}`,
  'a key of Groq': `gsk_${SECRET}`,
  'a key of xAI': `xai-${SECRET}`,
  'a key of Replicate': `r8_${SECRET}`,
  'a JSON web token': `eyJ${SECRET}.${SECRET}.${SECRET}`,
  'a password in a URL': `https://me:${SECRET}${SECRET}@host.example/`,
}

test.each(Object.entries(KEYS))('no part of a credential that is cut is logged or recorded: %s', async (_what, key) => {
  const log: RequestLogEntry[] = []
  await using mock = await startMock({ onExchange: (entry) => log.push(entry), contract: 'report' })
  const send = async (rest: object, headers: Record<string, string> = {}): Promise<void> => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }], ...rest }),
    }
    await (await mock.fetch(`${mock.baseURL}/chat/completions`, init)).text()
  }
  // The texts are cut after 40, 64 and 100 characters, so some of them end in the middle of the credential.
  for (let before = 15; before < 100; before += 3) {
    const text = `${'x'.repeat(before)} ${key} end`
    await send({ model: text })
    await send({ size: text })
    await send({ messages: [{ role: 'user', content: text }] })
    await send({}, { 'x-mock-scenario': text })
    await send({}, { prefer: text })
  }
  const shown = { log: JSON.stringify(log), ...(await controlApiTexts(mock)) }
  expect(log.length).toBeGreaterThan(100)
  expectNone(shown, [SECRET.slice(0, 6)])
})

test('no part of a password is logged if redacting another credential makes the prompt short', async () => {
  const log: RequestLogEntry[] = []
  await using mock = await startMock({ onExchange: (entry) => log.push(entry) })
  const content = `sk-${'a'.repeat(4100)} https://me:${SECRET.repeat(10)}@host.example/`
  const body = JSON.stringify({ model: 'flux', messages: [{ role: 'user', content }] })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  await (await mock.fetch(`${mock.baseURL}/chat/completions`, init)).text()
  expect(log[0]?.prompt).toMatch(/^\[redacted\] https:\/\/\[redacted\]/)
})

test('a note keeps URLs with a port', async () => {
  const log: RequestLogEntry[] = []
  await using mock = await startMock({ onExchange: (entry) => log.push(entry) })
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'see http://localhost:4010/a' },
    body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'x' }] }),
  }
  await (await mock.fetch(`${mock.baseURL}/chat/completions`, init)).text()
  expect(log[0]?.note).toContain('Prefer: see http://localhost:4010/a is ignored')
})
