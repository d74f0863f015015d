import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { createApp } from '../../src/hono.ts'

test.each([
  ['/', ''],
  ['/mock', '/mock'],
  ['/tenants/:id/mock', '/tenants/7/mock'],
])('mounted at %s, the mock and its links work under %s', async (path, mount) => {
  const app = new Hono().route(path, await createApp())
  const response = await app.request(`${mount}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content: 'a fox' }] }),
  })
  const { choices } = await response.json()
  const link = /!\[.*?\]\((.*?)\)/.exec(choices[0].message.content)?.[1] ?? ''
  expect(link).toContain(`http://localhost${mount}/cdn/`)
  expect((await app.request(link)).status).toBe(200)
})
