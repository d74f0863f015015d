import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mock, startMock } from '../../src/index.ts'
import { axe, hasBrowser, usePages } from './browser.ts'
import { chat } from './chat.ts'

const PLACES = ['#/journal', '#/journal/latest', '#/try', '#/provoke', '#/coverage', '#/contract', '#/models']

describe.runIf(hasBrowser)('the page, for everyone', () => {
  const open = usePages()
  let mock: Mock
  let empty: Mock
  beforeAll(async () => {
    mock = await startMock()
    empty = await startMock()
    await chat(mock, { content: '画只猫', headers: { 'x-mock-session': 'alice' } })
    await chat(mock, { body: { n: 'two' } })
    await chat(mock, { headers: { 'x-mock-scenario': 'limit-rate' } })
    await chat(mock, { body: { model: 'gpt-4o-image', stream: true }, content: 'a very long prompt '.repeat(40) })
  })
  afterAll(async () => {
    await mock.close()
    await empty.close()
  })

  // Both themes and both languages, in two runs: colours do not depend on the words.
  const settings = [
    ['light', 'en-US'],
    ['dark', 'zh-CN'],
  ] as const
  test.each(
    [...PLACES, 'empty'].flatMap((place) => settings.map(([theme, locale]) => [place, theme, locale] as const)),
  )('axe finds nothing in %s, %s, %s', async (place, colorScheme, locale) => {
    const page = await open(place === 'empty' ? empty : mock, {
      hash: place === 'empty' ? '' : place,
      colorScheme,
      locale,
    })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByText(locale === 'en-US' ? 'Live' : '实时', { exact: true }).waitFor()
    expect(await axe(page)).toEqual([])
  })

  test.each(PLACES)('%s fits windows of 360, 900 and 1440 pixels', async (place) => {
    const page = await open(mock, { hash: place })
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
    for (const width of [360, 900, 1440]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${width}`).toBeLessThanOrEqual(width)
    }
  })

  test('language and theme are chosen once and kept', async () => {
    const page = await open(mock)
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('combobox', { name: '主题' }).selectOption('dark')
    await page.reload()
    await page.getByRole('link', { name: '请求记录' }).waitFor()
    expect(await page.evaluate('[document.documentElement.lang, getComputedStyle(document.body).colorScheme]')).toEqual(
      ['zh-CN', 'dark'],
    )
  })
})

describe.runIf(hasBrowser)('the page, at other addresses', () => {
  const open = usePages()

  test('asks for the control token, and works with it', async () => {
    await using mock = await startMock({ controlToken: 'secret-enough-for-a-test' })
    await chat(mock)
    const page = await open(mock)
    await page.getByLabel('Control token').fill('wrong')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText('The token is not correct.').waitFor()
    await page.getByLabel('Control token').fill('secret-enough-for-a-test')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.locator('.exchanges li').waitFor()
    expect(await page.getByLabel('Control token').count()).toBe(0)
  })
})
