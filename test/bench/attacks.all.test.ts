import { expect, test } from 'vitest'

const { ATTACKS, attackMock } = await import(new URL('../../bench/attacks.js', import.meta.url).href)

// A short form of the attacks of `npm run soak`, which also measures how long others wait.
test.each(ATTACKS as string[])('%s: other clients get right answers, and memory stays below 512 MiB', async (name) => {
  const { faults, memory = 0 } = await attackMock([name], 0.2)
  expect(faults).toEqual([])
  expect(memory).toBeLessThan(512)
})
