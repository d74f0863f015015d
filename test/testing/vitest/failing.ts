import { expect } from 'vitest'
import { test } from '../../../src/testing/vitest.ts'
import { ask, picturesIn } from '../../ask.ts'

test('passes', async ({ mock }) => {
  await mock.script('limit-rate')
  expect((await ask(mock)).status).toBe(429)
})

test('a scripted response is not used', async ({ mock }) => {
  await mock.script('retry-503', { when: { model: 'flux' } })
  await ask(mock, { model: 'nano-banana', text: 'a fox' })
})

test('the picture has another prompt', async ({ mock }) => {
  const [picture] = picturesIn((await ask(mock, { text: 'a fox' })).content)
  expect(picture).toBePlaceholderFor({ prompt: 'a cat' })
})
