/// <reference lib="dom" />
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { Browser, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { taskIdOf } from '../src/chat/digest.ts'
import { decodeRecipe } from '../src/images/recipe.ts'
import type { Mock } from '../src/index.ts'
import { startMock } from '../src/index.ts'

const CHROMIUM = '/usr/bin/chromium'
if (!existsSync(CHROMIUM)) console.warn(`Skipped the browser tests: ${CHROMIUM} is not installed.`)

describe.runIf(existsSync(CHROMIUM))('a page of another origin, in a real browser', () => {
  let browser: Browser
  let page: Page
  let site: Server
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock()
    site = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>app</title>'),
    ).listen(0, '127.0.0.1')
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update'],
    })
    page = await browser.newPage()
    const address = site.address()
    await page.goto(`http://localhost:${typeof address === 'object' ? address?.port : ''}/`)
  })
  afterAll(async () => {
    await browser?.close()
    site?.close()
    await mock?.close()
  })

  test('can send the headers of the openai client, read a stream, and show its picture', async () => {
    const result = await page.evaluate(async (baseURL) => {
      const response = await fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer any', 'x-stainless-lang': 'js' },
        body: JSON.stringify({ model: 'gpt-4o-image', stream: true, messages: [{ role: 'user', content: '画只猫' }] }),
      })
      const text = await response.text()
      const image = new Image()
      image.src = /!\[.*?\]\((.*?)\)/.exec(text)?.[1] ?? ''
      await image.decode()
      return { status: response.status, end: text.slice(-14), width: image.naturalWidth, height: image.naturalHeight }
    }, mock.baseURL)
    expect(result).toEqual({ status: 200, end: 'data: [DONE]\n\n', width: 1024, height: 1024 })
  })

  test('can neither use nor read the control API', async () => {
    const result = await page.evaluate(async (url) => {
      const outcomes = []
      for (const path of ['health', 'livez', 'readyz'])
        outcomes.push(
          await fetch(`${url}/__mock/${path}`).then(
            () => 'read',
            (error: Error) => error.name,
          ),
        )
      const blind = await fetch(`${url}/__mock/health`, { mode: 'no-cors' })
      return { outcomes, blind: blind.type }
    }, mock.url)
    expect(result).toEqual({ outcomes: ['TypeError', 'TypeError', 'TypeError'], blind: 'opaque' })
  })

  test.each([
    ['gpt-4o-image', '画只猫', 1024],
    ['gpt-4o-image', `2:3 "><script>alert(1)</script> ${'W'.repeat(40)}`, 1024],
    ['nano-banana-hd', 'a very wide sea 21:9', 6144],
  ])(
    'the task page of %s for %j shows the picture, violates no policy and fits a phone',
    async (model, content, width) => {
      const response = await fetch(`${mock.baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
      })
      const name = /\/cdn\/(1[\w-]+)\//.exec(await response.text())?.[1] ?? ''
      const preview = await browser.newPage({ viewport: { width: 360, height: 740 } })
      const messages: string[] = []
      preview.on('console', (message) => messages.push(message.text()))
      preview.on('pageerror', (error) => messages.push(error.message))
      await preview.goto(`${mock.url}/web/${taskIdOf(decodeRecipe(name)?.fingerprint ?? '', 'uuid')}/${name}`)
      const result = await preview.evaluate(() => {
        const [image] = document.images
        const box = image?.getBoundingClientRect()
        return {
          width: image?.naturalWidth,
          isWhole: (box?.left ?? -1) >= 0 && (box?.right ?? 361) <= 360,
          overflow: document.documentElement.scrollWidth - 360,
          background: getComputedStyle(document.body).backgroundColor,
        }
      })
      expect(result).toEqual({
        width,
        isWhole: true,
        overflow: 0,
        background: expect.not.stringMatching(/^rgba\(0, 0, 0, 0\)$/),
      })
      expect(messages).toEqual([])
      await preview.close()
    },
  )
})
