import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { prepare } = await import(new URL('../../tools/prepare.js', import.meta.url).href)

test('build/prepared.js is up to date with the contract and the profiles', async () => {
  const built = readFileSync(new URL('../../build/prepared.js', import.meta.url), 'utf8')
  expect(built).toBe(await prepare())
})
