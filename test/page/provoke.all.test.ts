/// <reference lib="dom" />
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { axe, hasBrowser, usePages } from './browser.ts'

/** How long a test waits for what must happen soon. */
const SOON = { timeout: 15_000 }

const HOSTILE = `<img src=x onerror="document.title='hit'">`

/** Sends the normal request of a client, without waiting for its end. */
function sendNormal(mock: Mock, session: string): AbortController {
  const controller = new AbortController()
  mock
    .fetch(`${mock.baseURL}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-mock-session': session },
      body: JSON.stringify({ model: 'gpt-4o-image', messages: [{ role: 'user', content: 'a fox' }] }),
      signal: controller.signal,
    })
    .then(async (response) => response.text())
    .catch(() => undefined) // reset by a scenario, or aborted
  return controller
}

const card = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) })

describe.runIf(hasBrowser)('Provoke', () => {
  const open = usePages()
  let folder: string
  let mock: Mock
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'provoke-'))
    mkdirSync(join(folder, 'scenarios'))
    writeFileSync(
      join(folder, 'scenarios/own.yaml'),
      `about: 'Mine ${HOSTILE.replaceAll("'", "''")}'\nthen: { say: hello }\n`,
    )
    mock = await startMock({ fixtures: folder })
  })
  afterAll(async () => {
    await mock?.close()
    rmSync(folder, { recursive: true })
  })

  test('the button of every scenario scripts it, and the next request of the session gets it', async () => {
    const page = await open(mock, { hash: '#/provoke' })
    await card(page, 'key-banned').waitFor()
    const names = await page.locator('.scenarios h3').allTextContents()
    expect(names.length).toBeGreaterThan(95)
    for (const name of names) {
      const session = mock.session(`all-${name}`)
      await page.locator('[name=session]').fill(`all-${name}`)
      await page.getByRole('button', { name: `Script ${name}`, exact: true }).click()
      await expect.poll(async () => (await session.pending())[0]?.scenario, { ...SOON, message: name }).toBe(name)
      const request = sendNormal(mock, `all-${name}`)
      await expect
        .poll(async () => (await session.exchanges())[0]?.scenario, { ...SOON, message: name })
        .toEqual({ name, why: 'scripted' })
      request.abort()
    }
  })

  test('a scenario is scripted several times, and what is pending is live', async () => {
    const page = await open(mock, { hash: '#/provoke?session=live' })
    await page.locator('[name=times]').fill('3')
    await page.getByRole('button', { name: 'Script limit-rate', exact: true }).click()
    await card(page, 'limit-rate').getByText('limit-rate is scripted for the session live.').waitFor()
    await page.getByText('3×').waitFor()
    sendNormal(mock, 'live')
    await page.getByText('2×').waitFor()
    expect(await mock.session('live').pending()).toEqual([{ scenario: 'limit-rate', times: 2 }])
  })

  test('without a session, the next request without one gets the scenario; the page can send it', async () => {
    const page = await open(mock, { hash: '#/provoke' })
    await page.getByRole('button', { name: 'Script retry-503', exact: true }).click()
    await expect.poll(async () => mock.pending(), SOON).toEqual([{ scenario: 'retry-503', times: 2 }])
    for (const status of ['503', '503', '200']) {
      await page.getByRole('button', { name: 'Send a request now' }).click()
      await page.locator('.result strong', { hasText: status }).waitFor()
      await page.locator('.result [data-state=complete]').waitFor()
    }
    expect(await mock.pending()).toEqual([])
  })

  test('Reset deletes the script of the session', async () => {
    const page = await open(mock, { hash: '#/provoke?session=reset' })
    const session = mock.session('reset')
    await session.script('limit-rate')
    const other = mock.session('other')
    await other.script('limit-rate')
    await page.getByText('1×').waitFor()
    page.once('dialog', async (dialog) => dialog.accept())
    await page.getByRole('button', { name: 'Reset the session' }).click()
    await page.getByText('Nothing is scripted').waitFor()
    expect(await session.pending()).toEqual([])
    expect(await other.pending()).toHaveLength(1)
  })

  test('an error of the control API is shown', async () => {
    const page = await open(mock, { hash: '#/provoke?session=key-x' })
    await page.getByRole('button', { name: 'Script limit-rate', exact: true }).click()
    expect(
      await card(page, 'limit-rate')
        .getByText(/x-mock-session/)
        .textContent(),
    ).toContain('key-')
  })

  test('the search finds names and what a client sees', async () => {
    const page = await open(mock, { hash: '#/provoke' })
    await page.getByRole('searchbox').fill('retry-after 1')
    await page.getByText('1 scenario', { exact: true }).waitFor()
    expect(await page.locator('.scenarios h3').allTextContents()).toEqual(['limit-rate-after'])
    await page.getByRole('searchbox').fill('503 retry')
    await card(page, 'retry-503').waitFor()
    expect(await card(page, 'retry-503').locator('.effects li').allTextContents()).toEqual([
      expect.stringContaining('503'),
      expect.stringContaining('503'),
    ])
  })

  test('each way to request a scenario can be copied, and works', async () => {
    const page = await open(mock, {
      hash: '#/provoke?session=copy',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const item = card(page, 'limit-rate')
    await item.getByText('How to request it').click()
    await item.locator('dl').waitFor()
    const copied: string[] = []
    for (const button of await item.locator('dl button').all()) {
      await button.click()
      await button.getByText('Copied').waitFor()
      copied.push(await page.evaluate(async () => navigator.clipboard.readText()))
    }
    expect(copied).toEqual([
      'x-mock-scenario: limit-rate',
      '/mock limit-rate',
      `curl ${mock.url}/__mock/script -H 'Content-Type: application/json' -H 'x-mock-session: copy' -d '{"scenario":"limit-rate"}'`,
      "await mock.session('copy').script('limit-rate')",
    ])
    await item.getByRole('link', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.result strong', { hasText: '429' }).waitFor()
    expect(await mock.session('copy').exchanges()).toMatchObject([
      { scenario: { name: 'limit-rate', why: 'x-mock-scenario' } },
    ])
  })

  test('the keyboard is enough', async () => {
    const page = await open(mock, { hash: '#/provoke?session=keyboard' })
    await page.getByRole('searchbox').focus()
    await page.keyboard.type('stream-cut')
    await page.getByText('1 scenario', { exact: true }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await card(page, 'stream-cut').getByText('is scripted').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('/mock stream-cut').waitFor()
    expect(await mock.session('keyboard').pending()).toEqual([{ scenario: 'stream-cut', times: 1 }])
  })

  test('an own scenario comes first, and its text stays text', async () => {
    const page = await open(mock, { hash: '#/provoke' })
    await page.getByRole('heading', { name: 'Your scenarios' }).waitFor()
    expect(await page.locator('.scenarios h3').first().textContent()).toBe('own')
    expect(await card(page, 'own').textContent()).toContain(HOSTILE)
    expect(await page.title()).not.toContain('hit')
  })

  test('in Chinese, what a client sees is in Chinese', async () => {
    const page = await open(mock, { hash: '#/provoke', locale: 'zh-CN' })
    expect(await card(page, 'key-disabled').textContent()).toContain('401（密钥已禁用）。')
    await page.getByRole('heading', { name: '密钥与账号' }).waitFor()
  })

  test.each([
    ['en-US', 'dark', 1440],
    ['zh-CN', 'light', 360],
  ] as const)(
    'axe finds nothing in %s and %s, and nothing is wider than %i pixels',
    async (locale, colorScheme, width) => {
      const page = await open(mock, {
        hash: `#/provoke?session=axe-${width}`,
        locale,
        colorScheme,
        viewport: { width, height: 900 },
      })
      await mock.session(`axe-${width}`).script('limit-rate', { when: { model: 'flux-*' } })
      await page.locator('.pending li').waitFor()
      await card(page, 'key-banned').locator('summary').click()
      expect(await axe(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    },
  )
})
