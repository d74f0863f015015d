import { describe, expect, test } from 'vitest'
import { pages, runPage } from './page.ts'

describe.concurrent('the blocks of a page run from top to bottom, and their output is what the page shows', () => {
  test.for(pages)('%s', async (page, { signal }) => {
    await expect(runPage(page, signal)).resolves.toBeUndefined()
  })
})
