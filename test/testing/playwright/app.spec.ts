import { expect, test } from '../../../src/testing/playwright.ts'
import { draw, openApp, pictureOf } from './app.ts'

test('a page that calls the mock shows its picture', async ({ page, mock }) => {
  await openApp(page, mock.baseURL)
  await draw(page, 'a fox, 2:3')
  const { src, width } = await pictureOf(page)
  expect(src).toBePlaceholderFor({ model: 'gpt-4o-image', prompt: 'a fox, 2:3', size: '1024x1536' })
  expect(src).not.toBePlaceholderFor({ prompt: 'a cat' })
  expect(width).toBe(1024)
  expect(src.startsWith(`${mock.url}/cdn/`)).toBe(true)
  expect(await mock.exchanges()).toHaveLength(1)
})

test('expect.poll waits for a picture', async ({ page, mock }) => {
  await mock.script({ then: { wait: 1 } })
  await openApp(page, mock.baseURL)
  const picture = page.getByAltText('drawn')
  const src = async (): Promise<string | null> => picture.getAttribute('src')
  expect(await src()).toBeNull()
  for (const wrong of [
    async () => expect(await src()).toBePlaceholderFor({}),
    async () => expect(await src()).not.toBePlaceholderFor({}),
  ])
    await expect(wrong()).rejects.toThrow('toBePlaceholderFor: null is not a picture')
  await draw(page, 'a fox')
  await expect.poll(src).toBePlaceholderFor({ prompt: 'a fox' })
})

for (const mockedURL of [undefined, 'https://api.example.com/v1'])
  test.describe(`with mockedURL ${mockedURL}`, () => {
    test.use({ mockedURL })

    test(`a page reads a stream while it is sent, with mockedURL ${mockedURL}`, async ({ page, mock }) => {
      await mock.script({ then: { stream: [{ at: 'picture', pause: 8 }] } })
      await openApp(page, mock.baseURL)
      await draw(page, 'a fox')
      await expect(page.getByRole('log')).toContainText('data: {', { timeout: 7900 })
      await expect(page.getByRole('log')).not.toContainText('[DONE]', { timeout: 1 })
      await expect(page.getByRole('log')).toContainText('data: [DONE]', { timeout: 20_000 })
    })
  })

test('a page gets the response that its test has scripted', async ({ page, mock }) => {
  await mock.script('limit-rate')
  await openApp(page, mock.baseURL)
  await draw(page, 'a fox')
  await expect(page.getByText('status 429')).toBeVisible()
})

test('a scripted response is not used', async ({ page, mock }) => {
  await mock.script('retry-503', { when: { model: 'flux' } })
  await openApp(page, mock.baseURL)
  await draw(page, 'a fox')
  await expect(page.getByText('status 200')).toBeVisible()
})

test('the picture has another prompt', async ({ page, mock }) => {
  await openApp(page, mock.baseURL)
  await draw(page, 'a fox')
  expect((await pictureOf(page)).src).toBePlaceholderFor({ prompt: 'a cat' })
})
