import type { Page } from '@playwright/test'
import { expect, test } from '../../../src/testing/playwright.ts'
import { draw, openApp, openAppAt, pictureOf } from './app.ts'

const PROVIDER = 'https://api.example.com/v1'
test.use({ mockedURL: 'https://API.example.com:443/v1/' })

const pages: [string, (page: Page) => Promise<void>][] = [
  ['a page on this machine', async (page) => openApp(page, PROVIDER)],
  ['a page on the internet', async (page) => openAppAt(page, 'http://app.example.com/', PROVIDER)],
  ['an https page on the internet', async (page) => openAppAt(page, 'https://app.example.com/', PROVIDER)],
  ['a page of the provider', async (page) => openAppAt(page, 'https://api.example.com/', PROVIDER)],
]

for (const [name, open] of pages)
  test(`the mock responds to ${name}`, async ({ page, mock }) => {
    await open(page)
    await draw(page, 'a fox')
    await expect(page.getByText('status 200')).toBeVisible()
    const { src, width } = await pictureOf(page)
    expect(src).toBePlaceholderFor({ prompt: 'a fox' })
    expect(src.startsWith(`${mock.url}/cdn/`)).toBe(true)
    expect(width).toBe(1024)
    const [chat, ...more] = await mock.exchanges()
    expect(await page.getByRole('log').textContent(), 'the whole stream').toBe(chat?.response.text)
    expect(chat?.response.text).toMatch(/data: \[DONE\]\n\n$/)
    expect(more).toEqual([])
  })

test('a page gets errors, truncated streams and reset connections', async ({ page, mock }) => {
  const broken = (end: 'close' | 'reset') => ({ scenario: { then: { stream: [{ at: 'picture' as const, end }] } } })
  await mock.script([
    { scenario: 'limit-rate' },
    broken('close'),
    broken('reset'),
    { scenario: { then: { reset: true } } },
  ])
  await openApp(page, PROVIDER)
  for (const text of ['status 429', 'status 200', 'TypeError', 'TypeError']) {
    await draw(page, 'a fox')
    await expect(page.getByText(text)).toBeVisible()
    await expect(page.getByRole('log')).not.toContainText('[DONE]')
  }
})

test('a test passes if a stream is still open at its end', async ({ page, mock }) => {
  await mock.script({ then: { wait: 5 } })
  await openApp(page, PROVIDER)
  await draw(page, 'a fox')
  await expect.poll(async () => mock.pending()).toEqual([])
})

test('the mock does not respond to requests outside mockedURL', async ({ page, mock }) => {
  await openApp(page, PROVIDER)
  const urls = [
    'https://api.example.com/v10',
    'https://api.example.com/v',
    'https://api-example.com/v1/models',
    'http://api.example.com/v1/models',
  ]
  const outside: string[] = []
  await page.context().route(
    (url) => urls.includes(url.href),
    async (route) => {
      outside.push(route.request().url())
      await route.abort()
    },
  )
  await page.evaluate(async (list) => Promise.allSettled(list.map(async (url) => fetch(url))), urls)
  expect(outside).toEqual(urls)
  expect(await mock.exchanges()).toEqual([])
})

test.describe('with an invalid mockedURL', () => {
  test.use({ mockedURL: 'api.example.com' })
  test('mockedURL is invalid', async ({ page }) => {
    await page.goto('about:blank')
  })
})
