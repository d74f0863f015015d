import { test as base } from '@playwright/test'
import { createMock } from '../../../src/index.ts'
import type { MockFixtures, MockWorkerFixtures } from '../../../src/testing/playwright.ts'
import { expect, mockFixtures, test } from '../../../src/testing/playwright.ts'

test('a test without pages does not start a browser', async ({ mock, request }) => {
  await mock.script('retry-503')
  const ask = async () =>
    request.post(`${mock.baseURL}/chat/completions`, {
      headers: mock.headers,
      data: { model: 'flux', messages: [{ role: 'user', content: 'a fox' }] },
    })
  expect([(await ask()).status(), (await ask()).status(), (await ask()).status()]).toEqual([503, 503, 200])
  expect(await mock.exchanges()).toHaveLength(3)
})

const inProcess = base.extend<MockFixtures, MockWorkerFixtures>(mockFixtures(async () => createMock({ seed: 'own' })))

inProcess('a test can use a mock without a port', async ({ mock }) => {
  expect((await mock.fetch('/v1/models')).status).toBe(200)
  expect(await mock.exchanges()).toHaveLength(1)
})

inProcess('the browser of a page is missing', async ({ page }) => {
  await page.goto('about:blank')
})
