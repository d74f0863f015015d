import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MockContext } from '../../src/app/context.ts'
import { createApp } from '../../src/hono.ts'
import { startMock } from '../../src/index.ts'
import { mockWith, read } from '../ask.ts'
import { sendRaw } from '../wire.ts'
import { appWith } from './unlistened.ts'

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const FILES = ['page.js', 'worker.js', 'page.css', 'icon.svg']
let pageFolder: string

beforeAll(() => {
  pageFolder = mkdtempSync(join(tmpdir(), 'page-'))
  for (const name of [...FILES, 'secret.txt']) writeFileSync(join(pageFolder, name), `/* ${name} */`)
})
afterAll(() => rmSync(pageFolder, { recursive: true }))

/** The app with a folder of files in place of the package's. */
const withFiles = async (more: Partial<MockContext> = {}): Promise<Hono<any>> =>
  (await appWith({ pageFolder, ...more })).app
/** The URLs of the files that the page of a URL loads, as a browser resolves them. */
async function loadedBy(app: Hono<any>, url: string): Promise<string[]> {
  const html = await (await app.request(url, { headers: BROWSER })).text()
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, path = '']) => new URL(path, url).href)
}

test('GET / returns the page to a browser', async () => {
  const app = await withFiles()
  const response = await app.request('/', { headers: BROWSER })
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
    vary: 'Accept',
  })
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const html = await response.text()
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(html).toContain('<noscript>')
  expect(html).toContain('data-base-url="http://localhost/v1" data-base-path="/v1"')
  expect(html, 'no inline script').not.toMatch(/<script(?![^>]*src=)/)
})

test.each([['*/*'], ['application/json'], ['application/json, text/html;q=0.5'], ['text/plain'], [undefined]])(
  'GET / returns an index as JSON for Accept: %s',
  async (accept) => {
    await using mock = await mockWith()
    const { status, json } = await read(await mock.fetch('/', { headers: accept === undefined ? {} : { accept } }))
    expect(status).toBe(200)
    expect(json).toEqual({
      name: 'chat-image-mock',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      baseURL: mock.baseURL,
      contract: { operations: 3, basePath: '/v1' },
      links: {
        openapi: `${mock.url}/openapi.yaml`,
        controlAPI: `${mock.url}/__mock`,
        controlOpenapi: `${mock.url}/__mock/openapi.json`,
        health: `${mock.url}/__mock/health`,
        page: `${mock.url}/__mock/page`,
        docs: expect.stringMatching(/^https:/),
      },
    })
    const { openapi, controlAPI, controlOpenapi, health } = json.links
    for (const link of [openapi, controlAPI, controlOpenapi, health])
      expect((await mock.fetch(link)).status, link).toBe(200)
  },
)

test('HEAD / has no body, other methods are unknown, and the journal records no request for the page', async () => {
  await using mock = await startMock()
  const head = await mock.fetch('/', { method: 'HEAD', headers: BROWSER })
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
    200,
    'text/html; charset=utf-8',
    '',
  ])
  await mock.fetch('/', { headers: BROWSER })
  await mock.fetch('/')
  expect(await mock.exchanges()).toEqual([])
  expect((await mock.fetch('/', { method: 'POST' })).status).toBe(404)
  expect(await mock.exchanges()).toHaveLength(1)
})

test.each([
  ['/', ''],
  ['/?tab=1', ''],
  ['/__mock/page', ''],
  ['/mock', '/mock'],
  ['/mock/', '/mock'],
  ['/mock/__mock/page', '/mock'],
  ['/tenants/a%22b/mock', '/tenants/a%22b/mock'],
])('the page at %s loads its files, all of which are below %s/__mock/page', async (path, mount) => {
  const inner = await withFiles()
  const app = new Hono().route(mount.startsWith('/tenants') ? '/tenants/:id/mock' : mount || '/', inner)
  const loaded = await loadedBy(app, `http://localhost${path}`)
  expect(loaded).toEqual(
    ['icon.svg', 'page.css', 'page.js'].map((name) => `http://localhost${mount}/__mock/page/${name}`),
  )
  for (const url of loaded) expect((await app.request(url)).status, url).toBe(200)
})

test('behind a proxy that removes a prefix, the page and its index use the public URL', async () => {
  const app = await withFiles({ publicUrl: 'https://proxy.example/a' })
  const html = await (await app.request('http://localhost/', { headers: BROWSER })).text()
  expect(html).toContain('data-base-url="https://proxy.example/a/v1"')
  const [script = ''] = /(?<=src=")[^"]*/.exec(html) ?? []
  expect(new URL(script, 'https://proxy.example/a/').href).toBe('https://proxy.example/a/__mock/page/page.js')
  const { links } = await (await app.request('http://localhost/')).json()
  expect(links.health).toBe('https://proxy.example/a/__mock/health')
  const origin = { host: 'internal', origin: 'https://proxy.example' }
  expect((await app.request('/__mock/reset', { method: 'POST', headers: origin })).status).toBe(200)
  for (const foreign of [
    'https://evil.example',
    'http://proxy.example',
    'https://proxy.example.evil.example',
    'null',
  ]) {
    const headers = { ...origin, origin: foreign }
    expect((await app.request('/__mock/reset', { method: 'POST', headers })).status, foreign).toBe(403)
  }
})

test.each(FILES)('the file %s has its media type, an ETag and a policy', async (name) => {
  const app = await withFiles()
  const response = await app.request(`/__mock/page/${name}`)
  expect(await response.text()).toBe(`/* ${name} */`)
  const { headers } = response
  const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }
  expect(types).toHaveProperty(name.slice(-2) === 'js' ? 'js' : name.slice(-3), headers.get('content-type'))
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-cache')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  const etag = headers.get('etag') ?? ''
  expect(etag).toMatch(/^"[\da-f]{32}"$/)
  const again = await app.request(`/__mock/page/${name}`, { headers: { 'if-none-match': etag } })
  expect([again.status, await again.text()]).toEqual([304, ''])
  expect((await app.request(`/__mock/page/${name}`, { method: 'POST' })).status).toBe(405)
})

test('an operation of a custom contract on / overrides the page, which is at /__mock/page too', async () => {
  const spec = join(pageFolder, 'root.json')
  const ok = { responses: { 200: { description: 'ok', content: { 'application/json': { example: { own: true } } } } } }
  writeFileSync(
    spec,
    JSON.stringify({ openapi: '3.0.1', info: { title: 'own', version: '1' }, paths: { '/': { get: ok } } }),
  )
  await using mock = await mockWith({ spec })
  expect(await (await mock.fetch('/', { headers: BROWSER })).json()).toEqual({ own: true })
  expect(await (await mock.fetch('/__mock/page')).text()).toMatch(/^<!doctype html>/)
})

test('with page: false there is no page, and GET / returns the index to everyone', async () => {
  await using mock = await mockWith({ page: false })
  const { json } = await read(await mock.fetch('/', { headers: BROWSER }))
  expect(json).toMatchObject({ name: 'chat-image-mock', links: { page: null } })
  for (const path of ['', ...FILES.map((name) => `/${name}`)])
    expect((await mock.fetch(`/__mock/page${path}`)).status, path).toBe(404)
})

test.each([
  ['a foreign origin', { origin: 'https://evil.example' }],
  ['a sandboxed page', { origin: 'null' }],
  ['a script or picture of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  [
    'a frame of another site',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ],
  ['a foreign Host', { host: 'evil.example' }],
])('the page and its files reject %s', async (_who, headers) => {
  const app = await withFiles()
  for (const path of ['/', '/__mock/page', ...FILES.map((name) => `/__mock/page/${name}`)])
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      if (path === '/' && method === 'OPTIONS') continue
      const response = await app.request(path, { method, headers: { ...BROWSER, ...headers } })
      expect([path, method, response.status]).toEqual([path, method, 403])
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
})

test('another site can link to the page', async () => {
  const app = await withFiles()
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await app.request('/', { headers: { ...BROWSER, ...link } })).status).toBe(200)
  expect((await app.request('/__mock/page', { headers: link })).status).toBe(200)
  expect((await app.request('/__mock/page/page.js', { headers: link })).status).toBe(403)
  expect((await app.request('/__mock/exchanges', { headers: link })).status).toBe(403)
})

test('with a control token the page and its files open without it, and know that it is needed', async () => {
  const app = await withFiles({ controlToken: 'secret' })
  expect(await (await app.request('/', { headers: BROWSER })).text()).toContain('data-token="required"')
  for (const name of FILES) expect((await app.request(`/__mock/page/${name}`)).status).toBe(200)
  expect((await app.request('/__mock/exchanges')).status).toBe(401)
})

test.each([
  '/__mock/page/secret.txt',
  '/__mock/page/',
  '/__mock/page/../../package.json',
  `/__mock/page/${encodeURIComponent('../../package.json')}`,
  '/__mock/page/%2e%2e/%2e%2e/package.json',
  '/__mock/page/page.js%00',
  '/__mock/page/page.js/',
  '/__mock/page//page.js',
  '/__mock/page/PAGE.JS',
  `/__mock/page/${encodeURIComponent('./page.js')}`,
  '/__mock/page/page.js;.css',
  '/__mock/page/constructor',
  `/__mock/page/${encodeURIComponent('C:\\page.js')}`,
])('no other file is served: %s', async (path) => {
  await using mock = await startMock()
  const { status } = await sendRaw(mock, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  expect(status).toBe(404)
  const app = await withFiles()
  expect((await app.request(path)).status).toBe(404)
})

test('createApp mounted in another app has the page and the option', async () => {
  const app = new Hono().route('/mock', await createApp()).route('/off', await createApp({ page: false }))
  expect((await app.request('/mock/', { headers: BROWSER })).headers.get('content-type')).toMatch(/^text\/html/)
  expect((await app.request('/off', { headers: BROWSER })).headers.get('content-type')).toBe('application/json')
})
