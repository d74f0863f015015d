/// <reference lib="dom" />
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Mock, MockOptions } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { axe, hasBrowser, usePages } from './browser.ts'

/** How long a test waits for what must happen soon. */
const SOON = { timeout: 15_000 }

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')

/** A mock for one test. It ends after the pages of the test. */
async function fresh(options: MockOptions = {}): Promise<Mock> {
  const mock = await startMock(options)
  onTestFinished(async () => mock.close())
  return mock
}

async function snippetOf(page: Page, tab: string): Promise<string> {
  await page.getByRole('tab', { name: tab }).click()
  return (await page.getByRole('tabpanel').locator('code').textContent()) ?? ''
}

describe.runIf(hasBrowser)('the quick start', () => {
  const open = usePages()
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock()
  })
  afterAll(async () => mock?.close())

  test('one click sends a sample request: its picture appears, and the journal shows the request', async () => {
    const own = await fresh()
    const page = await open(own)
    await page.getByRole('button', { name: 'Send a sample request' }).click()
    const picture = page.locator('main img').first()
    await expect
      .poll(async () => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), SOON)
      .toBeGreaterThan(0)
    const row = page.locator('.exchanges li')
    await row.waitFor()
    expect(await row.textContent()).toContain('a fox in the snow')
    expect(page.url()).toBe(`${own.url}/#/journal/latest`)
    expect(await own.exchanges()).toMatchObject([{ response: { status: 200 }, violations: [], pictures: [{}] }])
  })

  test('the sample request is not cancelled when the journal replaces the quick start', async () => {
    const own = await fresh({ pace: 0.05 })
    const page = await open(own)
    await page.getByRole('button', { name: 'Send a sample request' }).click()
    await page.locator('.exchanges li').waitFor()
    await expect.poll(async () => (await own.exchanges())[0]?.hungUp, SOON).toBe(false)
  })

  test('it ends when a client sends a request', async () => {
    const own = await fresh()
    const page = await open(own)
    await page.getByRole('heading', { name: 'Send the first request' }).waitFor()
    await own.fetch(`${own.baseURL}/models`)
    await page.locator('.exchanges li').waitFor()
    expect(await page.getByRole('heading', { name: 'Send the first request' }).count()).toBe(0)
  })

  test('the base URL can be copied, and the models link to their facts', async () => {
    const page = await open(mock, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Copy the base URL' }).click()
    await page.getByText('Copied').waitFor()
    expect(await page.evaluate(async () => navigator.clipboard.readText())).toBe(mock.baseURL)
    const links = page.getByRole('main').getByRole('listitem').getByRole('link')
    expect(await links.count()).toBe(13)
    expect(await links.first().getAttribute('href')).toBe(`#/models/${await links.first().textContent()}`)
  })

  test('the snippets use the base URL of the mock', async () => {
    const page = await open(mock)
    for (const tab of ['JavaScript', 'Python']) expect(await snippetOf(page, tab)).toContain(mock.baseURL)
    expect(await snippetOf(page, 'curl')).toContain(`curl ${mock.baseURL}/chat/completions`)
  })

  test('the curl command works', async () => {
    const own = await fresh()
    const page = await open(own, { locale: 'zh-CN' })
    const { stdout } = await run('sh', ['-c', await snippetOf(page, 'curl')])
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' })
    expect(await own.exchanges()).toMatchObject([{ chat: { prompt: '雪地里的一只狐狸' }, violations: [] }])
  })

  test('the test for Vitest passes', async () => {
    const page = await open(mock)
    // A folder of the package can import it by its name.
    const folder = mkdtempSync(join(ROOT, 'build/first-test-'))
    try {
      writeFileSync(join(folder, 'vitest.config.js'), 'export default {}\n')
      writeFileSync(join(folder, 'first.test.js'), await snippetOf(page, 'Vitest'))
      const { stdout } = await run(process.execPath, [
        join(ROOT, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--root',
        folder,
      ])
      expect(stdout).toMatch(/1 passed/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a contract without a chat operation: what the mock serves, and how to call the first operation', async () => {
    const own = await fresh({ spec: 'test/openapi/own/contract.yaml' })
    const page = await open(own)
    await page.getByText(/This mock serves \d+ operations:/).waitFor()
    expect(await page.getByRole('button', { name: 'Send a sample request' }).count()).toBe(0)
    const link = page.getByRole('link', { name: 'GET /drawings', exact: true })
    expect(await link.getAttribute('href')).toBe(`#/contract/${encodeURIComponent('GET /drawings')}`)
    const command = (await page.locator('figure.code code').textContent()) ?? ''
    expect(command).toContain(`curl ${own.url}/drawings`)
    const { stdout } = await run('sh', ['-c', command])
    expect(JSON.parse(stdout)).toEqual([{ id: 1, title: '猫', mood: null }])
  })

  test.each([
    ['en-US', 'dark', 1440],
    ['zh-CN', 'light', 360],
  ] as const)(
    'axe finds nothing in %s and %s, and nothing is wider than %i pixels',
    async (locale, colorScheme, width) => {
      const page = await open(mock, { locale, colorScheme, viewport: { width, height: 900 } })
      await page.getByRole('tab', { name: 'Vitest' }).click()
      expect(await axe(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    },
  )
})
