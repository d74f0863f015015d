import { expect, test } from 'vitest'
import { factsOf } from '../../src/page/model-facts.ts'

const ENTRIES = [{ name: 'fox-*' }, { name: 'fox-red-*' }, { name: 'fox-red-one' }, { name: 'cat' }]

test.each([
  ['cat', 'cat'],
  ['fox-red-one', 'fox-red-one'],
  ['fox-red-two', 'fox-red-*'],
  ['fox-grey', 'fox-*'],
  ['dog', undefined],
])('the facts of %s are those of %s', (model, name) => {
  expect(factsOf(ENTRIES, model)?.name).toBe(name)
})
