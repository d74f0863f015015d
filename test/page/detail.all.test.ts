import type { Page } from '@playwright/test'
import { describe, expect, test } from 'vitest'
import { type Mock, readPlaceholder, startMock } from '../../src/index.ts'
import { toBytes } from '../../src/page/parts/format.ts'
import { toCurl } from '../../src/page/snippets/curl.ts'
import { axe, hasBrowser, usePages } from './browser.ts'
import { chat } from './chat.ts'

/** Opens a tab of the detail. */
async function tab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click()
}

/** A value of the list of facts with a label. */
const fact = (page: Page, label: string) =>
  page.locator('.detail header dl div', { has: page.getByText(label, { exact: true }) }).locator('dd')

/** The timeline and the slider end with the last event that was sent, before a pause of an hour. */
async function expectOnlySent(page: Page, count: number): Promise<void> {
  expect(await page.locator('.marks .warn, .timeline .stall, .strip .gap').count()).toBe(0)
  expect(await page.locator('.timeline .tick').count()).toBe(count)
  expect(await page.locator('.timeline .now').evaluate((element: any) => element.style.left)).toBe('100%')
  expect(await page.getByRole('slider').getAttribute('max')).toBe(String(count))
}

/** A stream that is open until the signal aborts. */
async function openStream(mock: Mock, signal: AbortSignal): Promise<void> {
  await mock.script({ then: { stream: [{ at: 'finish', pause: 3600 }] } })
  void chat(mock, { body: { stream: true, model: 'gpt-4o-image' }, signal }).catch(() => undefined)
  await expect.poll(async () => (await mock.exchanges()).length).toBe(1)
}

describe.runIf(hasBrowser)('the detail of an exchange', () => {
  const open = usePages()

  test('has the facts of the exchange at its head', async () => {
    await using mock = await startMock()
    await chat(mock, {
      content: 'a fox, 3:2',
      body: { n: 2 },
      headers: { 'x-mock-session': 'alice', 'x-mock-scenario': 'answer-two-pictures' },
    })
    const page = await open(mock, { hash: '#/journal/1' })
    await page.getByRole('heading', { level: 1, name: 'a fox, 3:2' }).waitFor()
    await page.getByText('POST /v1/chat/completions').waitFor()
    const facts = ['Model', 'Size', 'Session', 'Scenario', 'First byte', 'Total']
    const values = await Promise.all(facts.map(async (label) => fact(page, label).innerText()))
    expect(values.slice(0, 4)).toEqual(['flux', '1248x832 × 2', 'alice', 'answer-two-pictures'])
    expect(values.slice(4)).toEqual([expect.stringMatching(/^\d+ ms$/), expect.stringMatching(/^\d+ ms$/)])
  })

  test.each([false, true])('shows the answer with its picture, and raw (stream: %s)', async (stream) => {
    await using mock = await startMock()
    await chat(mock, { body: { stream, model: 'gpt-4o-image' } })
    const [exchange] = await mock.exchanges()
    const page = await open(mock, { hash: '#/journal/latest' })
    const picture = page.locator('.answer img')
    await picture.waitFor()
    await expect.poll(async () => picture.evaluate((element: any) => element.naturalWidth)).toBe(1024)
    expect(await picture.getAttribute('src')).toBe(`${mock.url}${exchange?.pictures[0]?.path}`)
    expect(await page.locator('.answer').innerText()).not.toContain('![')
    await page.getByRole('button', { name: 'Raw' }).click()
    const raw = await page.locator('.code code').innerText()
    if (stream) expect(raw.trim()).toBe(exchange?.response.text?.trim())
    else expect(JSON.parse(raw)).toEqual(exchange?.response.body)
  })

  test('shows an error as its message and as JSON, and a page as text', async () => {
    await using mock = await startMock()
    await chat(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
    await chat(mock, { headers: { 'x-mock-scenario': 'proxy-page' } })
    await chat(mock, { body: { messages: 7 } })
    const page = await open(mock, { hash: '#/journal/1' })
    await page.locator('.notice.bad').getByText('Rate limit reached').waitFor()
    await page.getByRole('link', { name: 'Previous' }).click()
    expect(await page.locator('.code code').innerText()).toContain('<html')
    expect(await page.locator('.detail .line .tag').innerText()).toBe('text/html')
    await page.getByRole('link', { name: 'Previous' }).click()
    await page.locator('.notice.bad').getByText("Invalid type for 'messages'").waitFor()
  })

  test('shows each picture with its size and what readPlaceholder returns', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { model: 'gpt-4o-image', n: 2, stream: true } })
    const [exchange] = await mock.exchanges()
    const page = await open(mock, { hash: '#/journal/latest' })
    await page.getByRole('tab', { name: 'Pictures 2' }).click()
    const cards = page.getByRole('tabpanel').locator('section')
    expect(await cards.count()).toBe(2)
    for (const [i, { path, event = -1 }] of (exchange?.pictures ?? []).entries()) {
      const bytes = await (await fetch(mock.url + path)).arrayBuffer()
      const card = cards.nth(i)
      const placeholder = await card.locator('.code code').innerText()
      expect(JSON.parse(placeholder)).toEqual(readPlaceholder(bytes))
      const text = await card.locator('dl').innerText()
      for (const part of ['1024 × 1024', toBytes(bytes.byteLength), 'image/png', `in event ${event + 1}, after`])
        expect(text).toContain(part)
    }
  })

  test('shows the request, without the credential', async () => {
    await using mock = await startMock()
    await chat(mock, { headers: { authorization: 'Bearer sk-abcdefghijkl', 'x-own': 'value' }, body: { user: '猫' } })
    const page = await open(mock, { hash: '#/journal/1' })
    await tab(page, 'Request')
    const body = await page.locator('.code code').innerText()
    expect(JSON.parse(body)).toMatchObject({ model: 'flux', user: '猫' })
    await page.getByText('Request headers').click()
    await page.locator('.headers div', { hasText: 'x-own' }).getByText('value').waitFor()
    await page.locator('.headers div', { hasText: 'authorization' }).getByText('[redacted]').waitFor()
  })

  test('names each violation with its hint, and links to its place in the contract', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { n: 'two', messages: 'no' } })
    await chat(mock, { body: { temprature: 1 } })
    const page = await open(mock, { hash: '#/journal/1' })
    await page.getByRole('tab', { name: 'Contract 2' }).click()
    const [exchange] = await mock.exchanges()
    for (const { message, hint, code, param, pointer } of exchange?.violations ?? []) {
      const card = page.locator('.violation', { hasText: message })
      for (const text of [hint ?? '', code, param, pointer ?? ''])
        await card
          .getByText(text, { exact: text !== hint })
          .first()
          .waitFor()
    }
    const pointer = exchange?.violations.find(({ param }) => param === 'n')?.pointer ?? ''
    await page.getByRole('link', { name: pointer }).click()
    await page.locator('.code', { hasText: pointer }).getByText('integer').waitFor()
    await page.goto(`${mock.url}/#/journal/2`)
    await page.getByText('does not violate the contract').waitFor()
    expect(await page.locator('.notes').innerText()).toMatch(/^Unknown parameter: 'temprature'\./)
  })

  test('says why the scenario answered, and lists near misses field by field', async () => {
    await using mock = await startMock()
    await mock.script({ then: { say: 'no' } }, { when: { model: 'dall-e-3' } })
    await mock.script('limit-rate')
    await chat(mock)
    const page = await open(mock, { hash: '#/journal/latest' })
    await tab(page, 'Why')
    const panel = page.getByRole('tabpanel')
    await panel.getByText('the script of the session').waitFor()
    await panel.getByText('scenario limit-rate (scripted)').waitFor()
    const values = await panel.locator('section dd').allInnerTexts()
    expect(values).toEqual(['model', "'dall-e-3'", "'flux'"])
  })
})

describe.runIf(hasBrowser)('the film of a stream', () => {
  const open = usePages()
  const slider = (page: Page) => page.getByRole('slider')
  const soFar = (page: Page) => page.locator('.film .answer')

  test('grows with the slider and the arrow keys; its picture appears with its event', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { stream: true, model: 'gpt-4o-image' } })
    const [exchange] = await mock.exchanges()
    const event = exchange?.pictures[0]?.event ?? 0
    const count = exchange?.response.events?.length ?? 0
    const page = await open(mock, { hash: '#/journal/1' })
    await tab(page, 'Frames')
    expect(await slider(page).inputValue()).toBe(String(count))
    await slider(page).fill(String(event))
    expect(await page.locator('.film .answer img').count()).toBe(0)
    const before = await soFar(page).innerText()
    await slider(page).press('ArrowRight')
    await page.locator('.film .answer img').waitFor()
    await page.locator('.strip button').first().click()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowLeft')
    expect(await slider(page).inputValue()).toBe('2')
    expect(before.startsWith((await soFar(page).innerText()).trim())).toBe(true)
    await page.getByText(`2 of ${count} events`).waitFor()
    await page.getByRole('button', { name: 'Play' }).click()
    await expect.poll(async () => slider(page).inputValue(), { timeout: 20_000 }).toBe(String(count))
    await page.getByRole('button', { name: 'Play' }).waitFor()
  })

  test('has a cell with a time for each event, and the picture in its cell', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { stream: true, model: 'gpt-4o-image' }, headers: { 'x-mock-pace': '0.01' } })
    const [exchange] = await mock.exchanges()
    const page = await open(mock, { hash: '#/journal/1' })
    await tab(page, 'Frames')
    const cells = page.locator('.strip button')
    const texts = await cells.allTextContents()
    const times = exchange?.response.events ?? []
    expect(texts.length).toBe(times.length)
    for (const [i, text] of texts.entries()) expect(text).toMatch(new RegExp(`^${i + 1} · ${times[i]} ms`))
    const event = exchange?.pictures[0]?.event ?? -1
    await cells.nth(event).locator('img').waitFor()
    expect(await page.locator('.strip img').count()).toBe(1)
  })

  test('marks stalls in proportion', async () => {
    await using mock = await startMock()
    await mock.script({
      then: {
        stream: [
          { at: 'start', pause: 0.5 },
          { at: 'middle', pause: 1.5 },
        ],
      },
    })
    await chat(mock, { body: { stream: true } })
    const page = await open(mock, { hash: '#/journal/latest' })
    await tab(page, 'Frames')
    await page.getByText('Pause of 1.5 s before event').waitFor()
    await page.getByText('Pause of 500 ms before event 1').waitFor()
    const widths = await page
      .locator('.timeline .stall')
      .evaluateAll((elements) => elements.map((element: any) => element.getBoundingClientRect().width))
    const [short, long] = widths
    expect(long / short).toBeCloseTo(3, 0)
    expect(await page.locator('.strip .gap').allInnerTexts()).toEqual(['500 ms pause', '1.5 s pause'])
  })

  test.each([
    ['stream-reset-middle', 'The connection was reset.'],
    ['stream-no-done', 'There is no [DONE].'],
    ['stream-no-finish', 'There is no finish_reason.'],
  ])('marks the end of %s', async (scenario, words) => {
    await using mock = await startMock()
    await chat(mock, { body: { stream: true }, headers: { 'x-mock-scenario': scenario } }).catch(() => undefined)
    const page = await open(mock, { hash: '#/journal/1' })
    await tab(page, 'Frames')
    await page.getByText(words).waitFor()
    expect(await page.locator('.marks .bad').first().innerText()).toBe(words)
  })

  test('follows an open stream, keeps tab and scroll, and marks a client that disconnects', async () => {
    await using mock = await startMock()
    const controller = new AbortController()
    await openStream(mock, controller.signal)
    const page = await open(mock, { hash: '#/journal/latest', viewport: { width: 700, height: 400 } })
    await tab(page, 'Frames')
    await page.locator('.film .answer img').waitFor()
    const [exchange] = await mock.exchanges()
    const all = exchange?.response.events?.length ?? 0
    expect(Number(await slider(page).inputValue())).toBe(all - 2)
    expect(await page.locator('.strip button:disabled').count()).toBe(2)
    expect(await fact(page, 'Total').innerText()).toBe('running…')
    expect(await fact(page, 'First byte').innerText()).toMatch(/^≈ \d+ ms$/)
    await page.getByText('2 not sent yet').waitFor()
    await expectOnlySent(page, all - 2)
    await page.evaluate('scrollTo(0, 250)')
    controller.abort()
    await page.getByText('The client disconnected before the end.').waitFor()
    await page.getByText('2 not sent', { exact: true }).waitFor()
    await expectOnlySent(page, all - 2)
    expect(await fact(page, 'First byte').innerText()).toMatch(/^\d+ ms$/)
    expect(await page.evaluate('scrollY')).toBe(250)
    expect(await page.getByRole('tab', { name: 'Frames' }).getAttribute('aria-selected')).toBe('true')
    expect(await page.locator('.strip button:disabled').count()).toBe(2)
    expect(await fact(page, 'Total').innerText()).toMatch(/s$/)
  })

  test('shows the events of an open stream as they are sent', async () => {
    await using mock = await startMock()
    const controller = new AbortController()
    await mock.script({
      then: {
        stream: [
          { at: 'picture', pause: 4 },
          { at: 'finish', pause: 3600 },
        ],
      },
    })
    void chat(mock, { body: { stream: true }, signal: controller.signal }).catch(() => undefined)
    await expect.poll(async () => (await mock.exchanges()).length).toBe(1)
    const page = await open(mock, { hash: '#/journal/latest' })
    await tab(page, 'Frames')
    await page.locator('.film .answer').waitFor()
    expect(await page.locator('.film .answer img').count(), 'before its event').toBe(0)
    await page.locator('.film .answer img').waitFor()
    controller.abort()
  })
})

describe.runIf(hasBrowser)('what can be done with an exchange', () => {
  const open = usePages()
  const permissions = ['clipboard-read', 'clipboard-write']

  test('copies it as curl with a button and with c, as a test, and its link', async () => {
    await using mock = await startMock()
    await chat(mock, { content: "it's 猫" })
    const [exchange] = await mock.exchanges()
    if (exchange === undefined) throw new Error('the journal is empty')
    const curl = toCurl({ root: mock.url, basePath: '/v1', exchange })
    const page = await open(mock, { hash: '#/journal/1', permissions })
    const copied = async (): Promise<unknown> => page.evaluate('navigator.clipboard.readText()')
    await page.getByRole('button', { name: 'curl' }).click()
    await expect.poll(copied).toBe(curl)
    for (const [name, text] of [
      ['JavaScript', "import OpenAI from 'openai'"],
      ['Python', 'from openai import OpenAI'],
      ['Vitest test', 'connectMock'],
      ['pytest test', 'def test_flux():'],
      ['Copy link', `${mock.url}/#/journal/1`],
    ] as const) {
      await page.getByRole('button', { name }).click()
      await expect.poll(copied, { message: name }).toContain(text)
    }
    await page.reload()
    await page.getByRole('button', { name: 'curl' }).waitFor()
    await page.keyboard.press('c')
    await expect.poll(copied).toBe(curl)
    await page.getByRole('button', { name: 'Copied' }).waitFor()
  })

  test.each(['button', 'key'])('sends it again with the %s, and shows the new exchange', async (way) => {
    await using mock = await startMock()
    await chat(mock, { content: '画', body: { stream: true, seed: 7 }, headers: { 'x-mock-session': 'alice' } })
    const page = await open(mock, { hash: '#/journal/1' })
    await page.getByRole('heading', { name: '画' }).waitFor()
    if (way === 'button') await page.getByRole('button', { name: 'Send again' }).click()
    else await page.keyboard.press('r')
    await page.waitForURL(/#\/journal\/2$/)
    await expect
      .poll(async () => (await mock.exchanges()).map(({ duration }) => duration !== undefined))
      .toEqual([true, true])
    await page.close()
    const [first, second] = await mock.exchanges()
    expect([second?.request.body, second?.response.text, second?.session, second?.hungUp]).toEqual([
      first?.request.body,
      first?.response.text,
      'alice',
      false,
    ])
  })

  test('says that it is sent again with another key, and so in another session', async () => {
    await using mock = await startMock()
    await chat(mock, { headers: { authorization: 'Bearer sk-mine' } })
    await chat(mock, { headers: { 'x-mock-session': 'alice' } })
    const page = await open(mock, { hash: '#/journal/1' })
    const button = page.getByRole('button', { name: 'Send again' })
    await button.waitFor()
    const id = await button.getAttribute('aria-describedby')
    expect(await page.locator(`#${id}`).innerText()).toContain('the key any, which has another session')
    await page.goto(`${mock.url}/#/journal/2`)
    await expect.poll(async () => fact(page, 'Session').innerText()).toBe('alice')
    expect(await button.getAttribute('aria-describedby')).toBeNull()
  })

  test('goes to its neighbours in the list, and deletes it', async () => {
    await using mock = await startMock()
    for (const content of ['one', 'two', 'three']) await chat(mock, { content })
    const page = await open(mock, { hash: '#/journal/2' })
    const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
    await heading('two')
    await page.getByRole('link', { name: 'Previous' }).click()
    await heading('three')
    await page.getByRole('link', { name: 'Next' }).click()
    await heading('two')
    await page.locator('.detail').getByRole('button', { name: 'Delete' }).click()
    await heading('one')
    await expect.poll(async () => (await mock.exchanges()).map(({ id }) => id)).toEqual(['1', '3'])
    await page.goto(`${mock.url}/#/journal/2`)
    await page.getByText('The journal has no exchange 2.').waitFor()
  })
})

describe.runIf(hasBrowser)('the detail', () => {
  const open = usePages()
  const TABS = ['Answer', 'Pictures', 'Request', 'Frames', 'Contract', 'Why']

  test.each([
    ['light', 'en-US', 1280],
    ['dark', 'zh-CN', 360],
  ] as const)('has nothing for axe to report and fits the window: %s, %s, %i', async (colorScheme, locale, width) => {
    await using mock = await startMock({ contract: 'report' })
    await mock.script({ then: { say: 'no' } }, { when: { model: 'dall-e-3' } })
    await mock.script('slow-middle')
    await chat(mock, { body: { stream: true, n: 'two', temprature: 1 }, content: `a fox ${'w'.repeat(300)}` })
    const page = await open(mock, { hash: '#/journal/latest', colorScheme, locale, viewport: { width, height: 800 } })
    for (const [i] of TABS.entries()) {
      await page.getByRole('tab').nth(i).click()
      await page.getByRole('tabpanel').waitFor()
      expect(await axe(page), TABS[i]).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth'), TABS[i]).toBeLessThanOrEqual(width)
    }
  })

  test('can be used with the keyboard alone', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { stream: true } })
    const page = await open(mock, { hash: '#/journal/1' })
    const tabs = page.getByRole('tab')
    await tabs.first().focus()
    for (const name of ['Pictures', 'Request', 'Frames']) {
      await page.keyboard.press('ArrowRight')
      expect(await page.getByRole('tab', { name }).getAttribute('aria-selected')).toBe('true')
    }
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('tabpanel')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Home')
    expect(await page.getByRole('slider').inputValue()).toBe('0')
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('slider').inputValue()).toBe('1')
  })

  test('shows hostile text as text in every tab', async () => {
    await using mock = await startMock({ contract: 'report' })
    const evil = `<img src=x onerror="globalThis.hacked=1">![x](http://evil.example/a.png)[a](javascript:alert(1))`
    await mock.script({ then: { say: evil } }, { when: { model: 'x' } })
    await mock.script({ then: { say: evil } })
    await chat(mock, { content: evil, body: { user: evil, [evil]: 1, stream: true }, headers: { 'x-evil': '<b>' } })
    const page = await open(mock, { hash: '#/journal/latest' })
    for (const name of TABS) {
      await tab(page, name)
      await page.getByRole('tabpanel').waitFor()
      expect(await page.locator('.detail img[src*=evil], .detail a[href^=javascript], .detail [onerror]').count()).toBe(
        0,
      )
    }
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined()
  })
})
