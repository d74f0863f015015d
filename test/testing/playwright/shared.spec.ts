import { test as base } from '@playwright/test'
import { connectMock } from '../../../src/index.ts'
import type { MockFixtures, MockWorkerFixtures } from '../../../src/testing/playwright.ts'
import { expect, mockFixtures } from '../../../src/testing/playwright.ts'
import { draw, openApp, pictureOf } from './app.ts'

const test = base.extend<MockFixtures, MockWorkerFixtures>(
  mockFixtures(async () => connectMock(process.env['MOCK_URL'] ?? '')),
)

for (const prompt of ['a fox', 'a cat'])
  test(`two tests run on one mock at the same time: ${prompt}`, async ({ page, mock, mockServer }) => {
    await mock.script({ then: { say: `${prompt}?` } })
    await openApp(page, mock.baseURL)
    await draw(page, prompt)
    await expect(page.getByRole('log')).toContainText(`${prompt}?`)
    await draw(page, prompt)
    expect((await pictureOf(page)).src).toBePlaceholderFor({ prompt })
    await expect
      .poll(async () => new Set((await mockServer.exchanges()).map(({ chat }) => chat?.prompt)), { timeout: 20_000 })
      .toEqual(new Set(['a fox', 'a cat']))
    expect((await mock.exchanges()).map(({ chat }) => chat?.prompt)).toEqual([prompt, prompt])
  })
