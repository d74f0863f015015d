import { describe, expect, test } from 'vitest'
import { blocksOf, compare, pages, read, runPage } from './page.ts'

// The other pages are run by pages.all.test.ts.
test('the blocks of README.md run from top to bottom, and their output is what it shows', async ({ signal }) => {
  await expect(runPage('README.md', signal)).resolves.toBeUndefined()
})

test('a page opens with a block within its first lines', () => {
  const late = pages.filter((page) => (blocksOf(read(page))[0]?.line ?? Infinity) > 30)
  expect(late).toEqual([])
})

describe('the comparison of an output with what a page shows', () => {
  test.each([
    ['{"a": 1, "b": [2]}', '{ "a": 1,\n  "b": [2] }'],
    ['{"id": "x1", "a": 1}', '{ "id": "…", "a": 1 }'],
    ['one\ntwo\nthree\n', 'one\n…\nthree'],
    ['one\ntwo\n', 'one\n…'],
  ])('accepts %j for %j', (actual, shown) => {
    expect(() => compare(actual, shown, 'page:1')).not.toThrow()
  })

  test.each([
    ['{"a": 1}', '{ "a": 2 }'],
    ['one two', 'one'],
    ['two one', '…two'],
    ['zero one', 'one'],
    ['one three', 'one … two … three'],
  ])('rejects %j for %j', (actual, shown) => {
    expect(() => compare(actual, shown, 'page:1')).toThrow('page:1')
  })
})
