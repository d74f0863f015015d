import { existsSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, type Page, chromium } from '@playwright/test'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Mock } from '../../src/index.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether Debian's Chromium is installed. Without it, `describe.runIf(hasBrowser)` skips the tests. */
export const hasBrowser = existsSync(CHROMIUM)
if (!hasBrowser) console.warn(`Skipped the tests of the page: ${CHROMIUM} is not installed.`)

interface OpenOptions extends BrowserContextOptions {
  /** The place in the page, such as `#/models`. */
  readonly hash?: string
  /** The path of the page. Default `/`. */
  readonly path?: string
}

/** Opens the page of a mock in a browser context of its own. */
export type OpenPage = (mock: Pick<Mock, 'url'>, options?: OpenOptions) => Promise<Page>

/**
 * One Chromium for the tests of a `describe`. Each test closes its pages, and fails if a page has logged an error,
 * violated its policy or sent a request to another origin.
 */
export function usePages(): OpenPage {
  let browser: Browser
  let problems: string[] = []
  let opened: Page[] = []
  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update']
    browser = await chromium.launch({ executablePath: CHROMIUM, args })
  })
  afterAll(async () => browser?.close())
  afterEach(async () => {
    const found = problems
    for (const page of opened) await page.context().close()
    problems = []
    opened = []
    expect(found, 'console errors, violations of the policy, and requests to other origins').toEqual([])
  })
  return async ({ url }, { hash = '', path = '/', ...options } = {}) => {
    const context = await browser.newContext({ locale: 'en-US', ...options })
    const page = await context.newPage()
    opened.push(page)
    page.setDefaultTimeout(15_000)
    watch(page, new URL(url).origin, problems)
    await page.goto(`${url}${path}${hash}`)
    return page
  }
}

function watch(page: Page, origin: string, problems: string[]): void {
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text())) problems.push(message.text())
  })
  page.context().on('request', (request) => {
    const url = new URL(request.url())
    if (['http:', 'https:'].includes(url.protocol) && url.origin !== origin) problems.push(`request to ${url.href}`)
  })
}

// The browser logs each response with an error status, also those that a test requests, and each attempt to connect to
// a mock that has ended.
function isExpected(text: string): boolean {
  return /^Failed to load resource: (?:the server responded with a status of|net::ERR_CONNECTION_(?:REFUSED|RESET))/.test(
    text,
  )
}

/** What axe finds wrong with a page. */
export async function axe(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  )
}
