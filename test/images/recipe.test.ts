import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePath, decodeUrl, toLinks } from '../../src/images/links.ts'
import type { Recipe } from '../../src/images/recipe.ts'
import { FORMATS, encodeRecipe, decodeRecipe } from '../../src/images/recipe.ts'

const emblem = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 16, maxLength: 16 })
const palette = fc.integer({ min: 0, max: 15 })
const recipes: fc.Arbitrary<Recipe> = fc
  .record({
    model: fc
      .string({ unit: 'binary', maxLength: 64 })
      .map((text) => Array.from(text.toWellFormed()).slice(0, 64).join('')),
    width: fc.integer({ min: 64, max: 4096 }),
    height: fc.integer({ min: 64, max: 4096 }),
    format: fc.constantFrom(...FORMATS),
    palette,
    emblem,
    label: fc
      .string({ unit: 'binary', maxLength: 160 })
      .map((text) => Array.from(text.toWellFormed()).slice(0, 160).join('')),
    references: fc.array(fc.oneof(emblem, fc.record({ emblem, palette })), { maxLength: 16 }),
    index: fc.integer({ min: 1, max: 15 }),
    count: fc.integer({ min: 1, max: 15 }),
  })
  .map((recipe) => ({ ...recipe, index: Math.min(recipe.index, recipe.count) }))

test('a name decodes to its recipe, and is short enough for a URL and a file', () => {
  fc.assert(
    fc.property(recipes, (recipe) => {
      const { name, fingerprint } = encodeRecipe(recipe)
      expect(decodeRecipe(name)).toEqual({ recipe, fingerprint })
      expect(name.length).toBeLessThanOrEqual(2300)
      expect(name).toMatch(/^1[\w-]+$/)
      const { picture, download, raw } = toLinks('http://mock.invalid', recipe)
      for (const url of [picture, download, raw]) expect(decodeUrl(url)).toEqual(recipe)
      expect(picture.split('/').at(-1)?.length).toBeLessThanOrEqual(40)
    }),
    { numRuns: 300 },
  )
})

const cat: Recipe = {
  model: 'm',
  width: 1024,
  height: 1024,
  format: 'png',
  palette: 3,
  emblem: '0123456789abcdef',
  label: '画只猫',
  references: [],
  index: 1,
  count: 1,
}

test('a name that was cut or changed by one character is not valid', () => {
  const { name, fingerprint } = encodeRecipe(cat)
  for (let i = 0; i < name.length; i++) {
    expect(decodeRecipe(name.slice(0, i)), `cut at ${i}`).toBeUndefined()
    for (const other of [
      'A',
      '0',
      '-',
      name[i] === name[i]?.toLowerCase() ? name[i]?.toUpperCase() : name[i]?.toLowerCase(),
    ]) {
      if (other !== name[i])
        expect(decodeRecipe(name.slice(0, i) + other + name.slice(i + 1)), `changed at ${i}`).toBeUndefined()
    }
  }
  expect(decodePath(name, `${fingerprint}.png`)).toEqual(cat)
  for (const file of [
    `${fingerprint}.jpg`,
    `${fingerprint}.PNG`,
    fingerprint,
    `${fingerprint}.png.png`,
    `0${fingerprint.slice(1)}x.png`,
    `${fingerprint.slice(0, -1)}.png`,
    `${fingerprint.toUpperCase()}.png`,
  ])
    expect(decodePath(name, file), file).toBeUndefined()
})

test.each([
  ['a picture larger than 16.8 megapixels', { ...cat, width: 6400, height: 6400 }],
  ['a side under 64', { ...cat, width: 63 }],
  ['a side over 6400', { ...cat, width: 6401, height: 64 }],
  ['a label of 161 characters', { ...cat, label: 'x'.repeat(161) }],
  ['a model of 65 characters', { ...cat, model: 'x'.repeat(65) }],
  ['the second picture of one', { ...cat, index: 2 }],
  ['16 pictures', { ...cat, count: 16 }],
  ['17 references', { ...cat, references: Array.from({ length: 17 }, () => cat.emblem) }],
  ['an unknown palette', { ...cat, palette: 16 }],
  ['a fractional size', { ...cat, width: 64.5 }],
])('a name with a correct checksum and %s is not valid', (_what, recipe) => {
  expect(decodeRecipe(encodeRecipe(recipe).name)).toBeUndefined()
})
