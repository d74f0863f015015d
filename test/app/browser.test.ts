import { expect, test } from 'vitest'
import { ask, mockWith, picturesIn, read } from '../ask.ts'

test('pages of any origin may request completions and pictures; a preflight response allows the requested headers', async () => {
  await using mock = await mockWith()
  const origin = { origin: 'https://app.example' }
  const preflight = await mock.fetch(`${mock.baseURL}/chat/completions`, {
    method: 'OPTIONS',
    headers: {
      ...origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type,x-stainless-lang')
  expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  const response = await ask(mock, { headers: origin })
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  const [picture = ''] = picturesIn(response.content)
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    expect((await mock.fetch(picture, { method, headers: origin })).headers.get('access-control-allow-origin')).toBe(
      '*',
    )
  const lost = await mock.fetch(`${mock.url}/v1/nothing`, {
    method: 'OPTIONS',
    headers: { ...origin, 'access-control-request-method': 'POST' },
  })
  expect(lost.status).toBe(204)
  expect(
    (await mock.fetch(`${mock.url}/v1/nothing`, { headers: origin })).headers.get('access-control-allow-origin'),
  ).toBe('*')
})

test('pages can read every header of a response, except in the dialect of the gateway', async () => {
  for (const [errors, exposed] of [
    ['openai', '*'],
    ['gateway', null],
  ] as const) {
    await using mock = await mockWith({ errors })
    const ok = await ask(mock)
    const limited = await mock.fetch(`${mock.baseURL}/chat/completions`, {
      headers: { 'x-mock-scenario': 'limit-rate' },
    })
    for (const { headers } of [ok, limited]) expect(headers.get('access-control-expose-headers')).toBe(exposed)
    const control = await mock.fetch(`${mock.url}/__mock/health`)
    expect(control.headers.get('access-control-expose-headers')).toBeNull()
  }
})

test.each([
  ['a foreign origin', { origin: 'https://evil.example' }],
  ['a page without an origin', { origin: 'null' }],
  ['a cross-site request', { 'sec-fetch-site': 'cross-site' }],
])('the control API rejects %s', async (_who, headers) => {
  await using mock = await mockWith()
  for (const path of ['health', 'livez', 'readyz', 'anything']) {
    const response = await read(await mock.fetch(`${mock.url}/__mock/${path}`, { headers }))
    expect(response).toMatchObject({ status: 403, json: { error: { code: 'foreign_origin' } } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  }
  const preflight = await mock.fetch(`${mock.url}/__mock/health`, {
    method: 'OPTIONS',
    headers: { ...headers, 'access-control-request-method': 'GET' },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
})
