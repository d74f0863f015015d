import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mock, startMock } from '../../src/index.ts'
import { hasBrowser, usePages } from './browser.ts'
import { chat } from './chat.ts'

describe.runIf(hasBrowser)('the journal', () => {
  const open = usePages()

  test('a thumbnail appears while its stream is still open', async () => {
    await using mock = await startMock()
    const page = await open(mock)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await mock.script({ then: { stream: [{ at: 'finish', pause: 3600 }] } })
    const controller = new AbortController()
    const stream = chat(mock, { body: { stream: true, model: 'gpt-4o-image' }, signal: controller.signal })
    await page.locator('.exchanges li[data-open] img.thumb').waitFor()
    expect((await mock.exchanges()).map(({ duration }) => duration)).toEqual([undefined])
    controller.abort()
    await stream.catch(() => undefined)
    await page.getByText('client disconnected').waitFor()
  })

  test('shows each exchange with model, session, scenario, status and violations', async () => {
    await using mock = await startMock()
    await chat(mock, { body: { stream: true }, headers: { 'x-mock-session': 'alice' } })
    await chat(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
    await chat(mock, { body: { n: 'two' } })
    const page = await open(mock)
    const rows = page.locator('.exchanges li')
    await rows.nth(2).waitFor()
    const texts = await rows.allInnerTexts()
    expect(texts[2]).toMatch(/a fox[^]*200[^]*flux[^]*SSE[^]*alice/)
    expect(texts[1]).toMatch(/429[^]*JSON[^]*limit-rate/)
    expect(texts[0]).toMatch(/400[^]*1 violation/)
  })

  test('marks a connection that was reset, and has no status if nothing was sent', async () => {
    await using mock = await startMock()
    for (const scenario of ['stream-reset-first', 'stream-reset-middle'])
      await chat(mock, { body: { stream: true }, headers: { 'x-mock-scenario': scenario } }).catch(() => undefined)
    const page = await open(mock)
    const rows = page.locator('.exchanges li')
    await rows.nth(1).getByText('no response').waitFor()
    const [middle, first] = await rows.allInnerTexts()
    expect(middle).toMatch(/200[^]*SSE[^]*connection reset/)
    expect(first).toMatch(/no response[^]*connection reset/)
    expect(first).not.toMatch(/\b200\b|SSE/)
    await rows.nth(1).click()
    expect(await page.locator('.detail .line').innerText()).toMatch(/no response\s+connection reset$/)
  })

  test('shows the time of the first byte and the whole time of a slow stream', async () => {
    await using mock = await startMock()
    await mock.script('slow-middle')
    await chat(mock, { body: { stream: true } })
    const page = await open(mock)
    const [exchange] = await mock.exchanges()
    expect(exchange?.duration).toBeGreaterThan(1000)
    await page.getByText(/^first byte \d+ ms \/ total 1\.\d s$/).waitFor()
  })

  test('follows a restart of the mock', async () => {
    const first = await startMock()
    const port = Number(new URL(first.url).port)
    await chat(first, { content: 'before' })
    const page = await open(first)
    await page.getByText('before').waitFor()
    await first.close()
    await page.getByText('The mock does not answer').waitFor()
    await using second = await startMock({ port })
    await chat(second, { content: 'after' })
    await page.getByText('after').first().waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(await page.getByText('before').count()).toBe(0)
  })

  test('all tabs of a browser share one connection', async () => {
    await using mock = await startMock()
    await chat(mock)
    const page = await open(mock)
    await page.locator('.exchanges li').waitFor()
    const second = await page.context().newPage()
    await second.goto(`${mock.url}/`)
    await second.locator('.exchanges li').waitFor()
    await chat(mock, { content: 'for both' })
    for (const tab of [page, second]) await tab.getByText('for both').waitFor()
    const metrics = await (await fetch(`${mock.url}/__mock/metrics`)).text()
    expect(metrics).toMatch(/^chat_image_mock_open_streams 1$/m)
  })

  test('searches, and keeps the search while exchanges arrive', async () => {
    await using mock = await startMock()
    await chat(mock, { content: 'a cat' })
    await chat(mock, { body: { model: 'nano-banana' }, content: 'a dog' })
    const page = await open(mock)
    await page.getByRole('searchbox').fill('model:nano-banana')
    await page.keyboard.press('Enter')
    await expect.poll(async () => page.locator('.exchanges li').count()).toBe(1)
    await chat(mock, { content: 'a bird' })
    await chat(mock, { body: { model: 'nano-banana' }, content: 'a whale' })
    await page.getByText('a whale').waitFor()
    expect(await page.locator('.exchanges li').count()).toBe(2)
    await page.getByRole('searchbox').fill('modle:flux')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('model').waitFor()
  })

  test('pauses, follows, groups and deletes', async () => {
    await using mock = await startMock()
    await chat(mock, { content: 'one', headers: { 'x-mock-session': 'alice' } })
    const page = await open(mock)
    await page.getByText('one', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await chat(mock, { content: 'two', headers: { 'x-mock-session': 'bob' } })
    const second = await page.context().newPage()
    await second.goto(`${mock.url}/`)
    await second.getByText('two', { exact: true }).waitFor()
    expect(await page.getByText('two', { exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: 'Follow' }).click()
    await page.getByText('two', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Group by session' }).click()
    expect(await page.locator('.group h2').allInnerTexts()).toEqual(['bob', 'alice'])
    page.on('dialog', (dialog) => void dialog.accept())
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'first request' }).waitFor()
    expect(await mock.exchanges()).toEqual([])
  })

  test.each([
    ['JSONL', /^\{"id":"1",[^\n]*\}\n$/],
    ['HAR', /^\{"log":\{"version":"1\.2"/],
  ])('exports the listed exchanges as %s', async (name, expected) => {
    await using mock = await startMock()
    await chat(mock)
    const page = await open(mock)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Export ${name}` }).click(),
    ])
    const parts: Buffer[] = []
    for await (const part of await download.createReadStream()) parts.push(part)
    expect(Buffer.concat(parts).toString()).toMatch(expected)
  })

  test('can be used with the keyboard alone', async () => {
    await using mock = await startMock()
    for (const content of ['one', 'two', 'three']) await chat(mock, { content })
    const page = await open(mock)
    await page.locator('.exchanges li').nth(2).waitFor()
    const current = async (): Promise<string> => page.locator('.exchanges [aria-current] .what').innerText()
    await page.keyboard.press('j')
    await expect.poll(current).toBe('three')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await expect.poll(current).toBe('one')
    await page.keyboard.press('k')
    await expect.poll(current).toBe('two')
    await page.keyboard.press('/')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await expect.poll(async () => page.locator('.exchanges li').count()).toBe(1)
    await page.getByRole('searchbox').blur()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.goto(`${mock.url}/#/journal`)
    await page.reload()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
  })
})

describe.runIf(hasBrowser)('a journal of 1,000 exchanges', () => {
  const open = usePages()
  let mock: Mock
  beforeAll(async () => {
    mock = await startMock()
    for (let i = 0; i < 1000; i += 20)
      await Promise.all(Array.from({ length: 20 }, async (_, j) => chat(mock, { content: `prompt ${i + j}` })))
  })
  afterAll(async () => mock.close())

  test('is listed, and shows a new exchange without a long pause of the browser', async () => {
    const page = await open(mock)
    await page.getByText('the newest 1000 exchanges').waitFor()
    expect(await page.locator('.exchanges li').count()).toBe(1000)
    await page.evaluate(`
      globalThis.longest = 0
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration)
      }).observe({ type: 'longtask' })
    `)
    for (let i = 0; i < 20; i++) await chat(mock, { content: `newer ${i}` })
    await page.getByText('newer 19').waitFor()
    for (let i = 0; i < 50; i++) await page.keyboard.press('j')
    // Not a bound of speed: without memoised rows a test machine under load takes seconds.
    expect(await page.evaluate('globalThis.longest')).toBeLessThan(1000)
  })
})

describe.runIf(hasBrowser)('hostile text', () => {
  const open = usePages()

  test('is shown as text, in every view', async () => {
    await using mock = await startMock({ contract: 'report' })
    const evil = `"><img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>](javascript:alert(1)) \u202e`
    await chat(mock, {
      content: evil,
      body: { model: evil, user: evil, stream: true },
      headers: { 'x-evil': '<b onclick=x>' },
    })
    await chat(mock, {
      content: `![x](http://example.com/x.png) [a](javascript:alert(1)) ${evil}`,
      body: { model: 'flux' },
    })
    for (const hash of ['#/journal/1', '#/journal/2', '#/coverage', '#/models', '#/provoke', '#/try']) {
      const page = await open(mock, { hash })
      await page.getByRole('main').waitFor()
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
      await page.getByText('Live', { exact: true }).waitFor()
      expect(await page.evaluate('globalThis.hacked'), hash).toBeUndefined()
      expect(await page.locator('main script, main [onerror], main [onclick], main a[href^=javascript]').count()).toBe(
        0,
      )
    }
  })
})
