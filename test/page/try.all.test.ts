/// <reference lib="dom" />
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import type { Page } from '@playwright/test'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createApp } from '../../src/hono.ts'
import type { Mock } from '../../src/index.ts'
import { startMock } from '../../src/index.ts'
import { axe, hasBrowser, usePages } from './browser.ts'

/** How long a test waits for what must happen soon. */
const SOON = { timeout: 15_000 }

const run = promisify(execFile)
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const HOSTILE = `"><img src=x onerror="document.title='hit'"><script>document.title='hit'</script>`

/** Fills in the form and sends it. Waits for the end of the answer unless `isOpen`. */
async function send(page: Page, values: Readonly<Record<string, string>> = {}, isOpen = false): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`form [name="${name}"]`)
    if ((await field.evaluate(({ tagName }) => tagName)) === 'SELECT') await field.selectOption(value)
    else await field.fill(value)
  }
  await page.getByRole('button', { name: 'Send' }).click()
  if (!isOpen) await page.locator('.result :is([data-state=complete], [data-state=failed])').waitFor()
}

const stateOf = async (page: Page): Promise<string | null> =>
  page.locator('.result [data-state]').getAttribute('data-state')
const lastOf = async (mock: Mock) => (await mock.exchanges()).at(-1)

async function drop(page: Page, files: readonly { name: string; type: string; base64: string }[]): Promise<void> {
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer()
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
      transfer.items.add(new File([bytes], name, { type }))
    }
    return transfer
  }, files)
  await page.locator('form.card').dispatchEvent('drop', { dataTransfer: data })
}

describe.runIf(hasBrowser)('Try it', () => {
  const open = usePages()
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock()
  })
  afterAll(async () => mock?.close())

  test.each([true, false])('every model returns a picture with stream: %s', async (isStream) => {
    const page = await open(mock, { hash: `#/try?stream=${isStream}` })
    // One model requires a reference picture.
    await page.locator('[name=references]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: PIXEL })
    const models = await page
      .locator('[name=model] option')
      .evaluateAll((all: HTMLOptionElement[]) => all.map(({ value }) => value))
    expect(models.pop(), 'another name').toBe('*')
    expect(models).toHaveLength(13)
    for (const model of models) {
      await send(page, { model, prompt: `a fox for ${model}` })
      const picture = page.getByRole('img', { name: `Picture of the prompt a fox for ${model}` }).first()
      await expect
        .poll(async () => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), {
          ...SOON,
          message: model,
        })
        .toBeGreaterThan(200)
      expect(await lastOf(mock)).toMatchObject({
        chat: { model, stream: isStream },
        request: { body: { messages: [{ content: [{ text: `a fox for ${model}` }, { type: 'image_url' }] }] } },
        violations: [],
        response: { status: 200, stream: isStream },
      })
      expect((await page.locator('.frames li').count()) > 0).toBe(isStream)
    }
  })

  test('a model of a family can be named', async () => {
    const page = await open(mock, { hash: '#/try' })
    await send(page, { model: '*', 'other-model': 'flux-nine' })
    await page.locator('.result img').first().waitFor()
    expect(await lastOf(mock)).toMatchObject({ chat: { model: 'flux-nine' } })
  })

  test('the form has the sizes of the model, and says how it uses reference pictures', async () => {
    const page = await open(mock, { hash: '#/try?model=dall-e-3' })
    await page.getByText('This model ignores them.').waitFor()
    const sizes = page.locator('datalist option')
    const valuesOf = async () => sizes.evaluateAll((all: HTMLOptionElement[]) => all.map(({ value }) => value))
    expect(await valuesOf()).toEqual(['1024x1024', '1792x1024', '1024x1792'])
    await page.locator('[name=model]').selectOption('doubao-seededit-3-0-i2i-250628')
    await page.getByText('Without one, the response of this model has a note.').waitFor()
    expect(await valuesOf()).not.toContain('1792x1024')
  })

  test('a model of the own fixtures can be chosen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'try-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'profiles.yaml'), 'my-model: { style: lite, sizes: [512x512] }\n')
    const own = await startMock({ fixtures: folder })
    onTestFinished(async () => own.close())
    const page = await open(own, { hash: '#/try' })
    await send(page, { model: 'my-model' })
    await page.getByText('512×512').waitFor()
    expect(await lastOf(own)).toMatchObject({ chat: { model: 'my-model' }, violations: [] })
  })

  test('frames and the picture appear before the stream ends, each with its time', async () => {
    const page = await open(mock, { hash: '#/try?model=gpt-4o-image' })
    await send(page, { 'x-mock-pace': '0.1' }, true)
    await page.locator('.frames li').first().waitFor()
    expect(await stateOf(page)).toBe('receiving')
    const state = await page.waitForFunction(() =>
      document.querySelector('.result img') === null
        ? undefined
        : document.querySelector('.result [data-state]')?.getAttribute('data-state'),
    )
    expect(await state.jsonValue()).toBe('receiving')
    await page.locator('.result [data-state=complete]').waitFor()
    const times = await page.locator('.frames li > span:first-child').allTextContents()
    expect(times.every((time) => /^\d+(?:\.\d)? m?s$/.test(time))).toBe(true)
    expect(new Set(times).size, 'different times').toBeGreaterThan(3)
    expect(await page.locator('.frames li').last().textContent()).toContain('[DONE]')
  })

  test('Cancel ends the request, and the journal shows that the client has disconnected', async () => {
    const page = await open(mock, { hash: '#/try?scenario=slow-never' })
    await send(page, {}, true)
    await expect.poll(async () => (await lastOf(mock))?.scenario?.name, SOON).toBe('slow-never')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.locator('.result [data-state=cancelled]').waitFor()
    await expect.poll(async () => (await lastOf(mock))?.hungUp, SOON).toBe(true)
  })

  test.each([
    ['limit-rate', '429', 'rate_limit_exceeded: Rate limit reached'],
    ['stream-error', '200', 'error'],
    ['stream-reset-first', '', 'failed to fetch'],
    ['proxy-502', '502', ''],
  ])('the error of %s is readable', async (scenario, status, message) => {
    const page = await open(mock, { hash: `#/try?scenario=${scenario}` })
    await send(page)
    if (status !== '') expect(await page.locator('.result strong').textContent()).toBe(status)
    if (message === '') expect(await page.locator('.result pre').textContent()).toContain('<html>')
    else expect(await page.getByRole('alert').filter({ hasText: /./ }).textContent()).toMatch(new RegExp(message, 'i'))
  })

  test('a stream that is cut is reported', async () => {
    const page = await open(mock, { hash: '#/try?scenario=stream-cut' })
    await send(page)
    expect(await page.locator('.result [data-state]').textContent()).toContain('Ended without [DONE]')
  })

  test('the fields of the contract and the headers are sent', async () => {
    const page = await open(mock, { hash: '#/try' })
    await page.locator('summary', { hasText: 'More fields' }).click()
    await send(page, {
      size: '3:2',
      n: '2',
      quality: 'high',
      watermark: 'false',
      seed: '7',
      'x-mock-session': 'alice',
      key: 'secret',
    })
    expect(await page.locator('.result img').count()).toBe(2)
    const exchange = await lastOf(mock)
    expect(exchange).toMatchObject({
      session: 'alice',
      chat: { count: 2, size: '1536x1024' },
      request: { body: { size: '3:2', n: 2, quality: 'high', watermark: false, seed: 7, stream: true } },
      violations: [],
    })
    expect(await page.getByRole('link', { name: 'Show in the journal' }).getAttribute('href')).toBe(
      `#/journal/${exchange?.id}`,
    )
  })

  test('a picture that is dropped on the form is a reference, and its hostile name stays text', async () => {
    const page = await open(mock, { hash: '#/try' })
    const name = `${HOSTILE}.png`
    await page.locator('form.card').dispatchEvent('dragover')
    await page.locator('form[data-over]').waitFor()
    await drop(page, [
      { name, type: 'image/png', base64: PIXEL.toString('base64') },
      { name: 'notes.txt', type: 'text/plain', base64: 'YQ==' },
    ])
    await page.getByText(name, { exact: true }).waitFor()
    expect(await page.locator('form[data-over]').count()).toBe(0)
    expect(await page.getByRole('alert').first().textContent()).toBe('notes.txt is not a picture.')
    await send(page)
    expect(await lastOf(mock)).toMatchObject({ chat: { references: 1 } })
    await page.getByRole('button', { name: `Remove ${name}` }).click()
    await send(page)
    expect(await lastOf(mock)).toMatchObject({ chat: { references: 0 } })
    expect(await page.title()).not.toContain('hit')
  })

  test('it works at another path: mounted in another app', async () => {
    const app = new Hono()
    app.route('/below', await createApp())
    const listener = getRequestListener(app.fetch)
    const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const page = await open({ url }, { path: '/below/', hash: '#/try' })
    await send(page)
    await page.getByText('1024×1024').waitFor()
    expect(await page.locator('.result img').getAttribute('src')).toContain(`${url}/below/`)
  })

  test('with a control token and API keys, it works after both were entered', async () => {
    const own = await startMock({ controlToken: 'token', apiKeys: ['sk-right'] })
    onTestFinished(async () => own.close())
    const page = await open(own, { hash: '#/try' })
    await page.getByLabel('Control token').fill('token')
    await page.getByRole('button', { name: 'Open' }).click()
    await send(page)
    expect(await page.locator('.result strong').textContent()).toBe('401')
    await send(page, { key: 'sk-right' })
    await page.getByText('1024×1024').waitFor()
    expect(await page.getByRole('alert').filter({ hasText: /./ }).count()).toBe(0)
  })

  test('the keyboard is enough', async () => {
    const page = await open(mock, { hash: '#/try' })
    await page.getByRole('textbox', { name: 'Prompt' }).focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('a keyboard')
    const isSend = async () => page.evaluate(() => document.activeElement?.textContent === 'Send')
    for (let i = 0; i < 20 && !(await isSend()); i++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('img', { name: 'Picture of the prompt a keyboard' }).waitFor()
    expect(await lastOf(mock)).toMatchObject({ chat: { prompt: 'a keyboard' } })
  })

  test('a hostile prompt stays text, and no picture of another server is loaded', async () => {
    const page = await open(mock, { hash: '#/try' })
    const prompt = `${HOSTILE} ![x](https://evil.example/cat.png) http://evil.example/cdn/1x/${'a'.repeat(30)}.png`
    for (const model of ['gpt-image-1', 'flux']) {
      await send(page, { model, prompt })
      expect(await page.locator('.result pre').first().textContent()).toContain('onerror')
    }
    const sources = await page
      .locator('.result img')
      .evaluateAll((all: HTMLImageElement[]) => all.map(({ src }) => src))
    expect(sources.every((source) => source.startsWith(mock.url))).toBe(true)
    expect(await page.title()).not.toContain('hit')
  })

  test('the curl command sends the same request', async () => {
    const page = await open(mock, { hash: '#/try?stream=false' })
    await page.locator('summary', { hasText: 'curl' }).click()
    await page.locator('form [name=prompt]').fill(`it's ${HOSTILE}`)
    const command = (await page.locator('figure.code code').textContent()) ?? ''
    await send(page)
    const sent = await lastOf(mock)
    const { stdout } = await run('sh', ['-c', command])
    expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' })
    const repeated = await lastOf(mock)
    expect(repeated?.id).not.toBe(sent?.id)
    expect(repeated?.request.body).toEqual(sent?.request.body)
  })

  test.each([
    ['en-US', 'light', 1440],
    ['zh-CN', 'dark', 360],
  ] as const)(
    'axe finds nothing in %s and %s, and nothing is wider than %i pixels',
    async (locale, colorScheme, width) => {
      const page = await open(mock, {
        hash: '#/try?scenario=limit-rate',
        locale,
        colorScheme,
        viewport: { width, height: 900 },
      })
      for (const summary of await page.locator('summary').all()) await summary.click()
      await page.locator('button.main').click()
      await page.locator('.result [data-state=complete]').waitFor()
      expect(await axe(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    },
  )
})
