import { expect, test } from 'vitest'
import { ask, mockWith, picturesIn } from '../ask.ts'
import { decodeUrl } from '../../src/images/links.ts'

const REQUESTED: readonly (readonly [
  asked: string,
  model: string,
  text: string,
  body: Record<string, never> | any,
  size: string,
])[] = [
  ['no size', 'gpt-4o-image', '画只猫', {}, '1024x1024'],
  ['a fenced JSON block', 'gpt-4o-image', '```json\n{"prompt":"猫","ratio":"3:2"}\n``` 2:3', {}, '1536x1024'],
  ['【3:2】', 'sora_image', '猫【3:2】', {}, '1536x1024'],
  ['[2:3]', 'sora_image', 'cat [2:3]', {}, '1024x1536'],
  ['比例9:16', 'gpt-4o-image', '小猫飞翔，比例9:16', {}, '1024x1792'],
  ['--ar 1:1 before the fields', 'dall-e-3', 'cat --ar 1:1', { size: '1792x1024' }, '1024x1024'],
  ['a size in the text', 'gpt-image-1', 'cat 1024x1536', {}, '1024x1536'],
  ['a size with a star', 'qwen-image', 'cat', { size: '1328*1328' }, '1328x1328'],
  ['the field aspect_ratio', 'nano-banana', 'cat', { aspect_ratio: '16:9' }, '1344x768'],
  ['a resolution with a ratio', 'doubao-seedream-4-0-250828', 'cat --ar 16:9', { size: '2K' }, '2048x1152'],
  ['a resolution alone', 'doubao-seedream-4-0-250828', 'cat [Resolution: 4K]', {}, '4096x4096'],
  ['image_config', 'nano-banana', 'cat', { image_config: { aspect_ratio: '3:4' } }, '864x1184'],
  [
    'extra_body.google.image_config',
    'nano-banana',
    'cat',
    { extra_body: { google: { image_config: { aspect_ratio: '9:16' } } } },
    '768x1344',
  ],
  ['4K by the model', 'nano-banana-hd', 'cat', {}, '4096x4096'],
  ['a time of day, which is not a ratio', 'gpt-4o-image', "at 10:10 o'clock a 2x2 grid", {}, '1024x1024'],
]

test.each(REQUESTED)('%s', async (_form, model, text, body, size) => {
  await using mock = await mockWith()
  const { content, headers } = await ask(mock, { model, text, body })
  const [url = ''] = picturesIn(content)
  const recipe = decodeUrl(url)
  expect(`${recipe?.width}x${recipe?.height}`).toBe(size)
  expect(headers.get('x-mock-note')).toBeNull()
})

test.each([
  ['gpt-4o-image', 'cat', { size: 'big' }, 'size="big" is not valid: ignored'],
  [
    'gpt-4o-image',
    'cat',
    { aspect_ratio: 'wide', resolution: '8K' },
    'aspect_ratio="wide" is not valid: ignored; resolution="8K" is not valid: ignored',
  ],
  ['gpt-4o-image', 'cat', { size: 'x'.repeat(1000) }, `size="${'x'.repeat(40)}" is not valid: ignored`],
  ['gpt-image-1', 'cat', { size: '2K' }, '2K is not supported by this model: used 1024x1024'],
  ['nano-banana', 'cat --ar 16:9', { size: '4K' }, 'ratio 16:9 in 4K is not supported by this model: used 1344x768'],
  ['gpt-4o-image', 'cat', { output_format: 'webp' }, 'output_format="webp" is not supported by this model: used png'],
  ['gpt-image-1', 'cat', { output_format: 'gif' }, 'output_format="gif" is not supported by this model: used png'],
  ['gpt-image-1', 'cat', { output_format: 'jpeg', size: 'auto', aspect_ratio: '' }, null],
  ['gpt-image-1', 'a 2:1 win at 10:30', {}, null],
])('a note says what %s does not support: "%s" %j', async (model, text, body, note) => {
  await using mock = await mockWith()
  expect((await ask(mock, { model, text, body })).headers.get('x-mock-note')).toBe(note)
})

test('a size within 3 percent of a ratio matches it', async () => {
  await using mock = await mockWith()
  const noteOf = async (model: string, aspect_ratio: string): Promise<string | null> =>
    (await ask(mock, { model, text: 'cat', body: { aspect_ratio } })).headers.get('x-mock-note')
  expect(await noteOf('nano-banana', '4:5')).toBeNull() // 896x1152 is 2.8 percent off
  expect(await noteOf('dall-e-3', '9:5')).toBeNull() // 1792x1024 is 2.8 percent off
  expect(await noteOf('dall-e-3', '37:20')).toMatch(/ is not supported by this model: used 1792x1024$/) // 5.4 percent off
})

test('an unsupported size becomes the nearest one by ratio, then by area, with a note', async () => {
  await using mock = await mockWith()
  const { content, headers } = await ask(mock, { model: 'gpt-image-1', text: 'cat 2000x1000' })
  expect(decodeUrl(picturesIn(content)[0] ?? '')).toMatchObject({ width: 1536, height: 1024 })
  expect(headers.get('x-mock-note')).toBe('2000x1000 is not supported by this model: used 1536x1024')
})

test.each([
  ['the field n', 'cat', { n: 3 }, 3],
  ['max_images', 'cat', { max_images: 2 }, 2],
  ['words', '画4张猫', {}, 4],
  ['a JSON block', '```json\n{"prompt":"cat","n":2}\n```', { n: 5 }, 2],
])('several pictures are in one choice: %s', async (_form, text, body, count) => {
  await using mock = await mockWith()
  const { content, json } = await ask(mock, { text, body })
  expect(json.choices).toHaveLength(1)
  const recipes = picturesIn(content).map(decodeUrl)
  expect(recipes.map((recipe) => `${recipe?.index}/${recipe?.count}`)).toEqual(
    Array.from({ length: count }, (_, i) => `${i + 1}/${count}`),
  )
  expect(new Set(recipes.map((recipe) => recipe?.emblem)).size).toBe(count)
})

test('limits pictures to 15, with a note', async () => {
  await using mock = await mockWith()
  const { content, headers } = await ask(mock, { body: { n: 1000 } })
  expect(picturesIn(content)).toHaveLength(15)
  expect(headers.get('x-mock-note')).toBe('n=1000 is above the maximum: used 15')
})

test('output_format chooses one of the formats of the model', async () => {
  await using mock = await mockWith()
  const formatOf = async (model: string, output_format?: string): Promise<string | undefined> =>
    decodeUrl(
      picturesIn((await ask(mock, { model, body: output_format === undefined ? {} : { output_format } })).content)[0] ??
        '',
    )?.format
  expect(await formatOf('gpt-image-1')).toBe('png')
  expect(await formatOf('gpt-image-1', 'jpeg')).toBe('jpg')
  expect(await formatOf('gpt-image-1', 'webp')).toBe('webp')
  expect(await formatOf('gpt-4o-image', 'webp')).toBe('png')
  expect(await formatOf('recraftv3')).toBe('webp')
})
