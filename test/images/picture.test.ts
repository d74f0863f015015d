import { hash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { decode as decodeWebp } from '@cwasm/webp'
import { decode as decodeJpeg } from 'jpeg-js'
import { PNG } from 'pngjs'
import { expect, test } from 'vitest'
import { createCanvas } from '../../src/images/render/canvas.ts'
import { paintCreature } from '../../src/images/render/creature.ts'
import { encodePicture } from '../../src/images/render/encode.ts'
import { wrap } from '../../src/images/render/glyphs.ts'
import { decodeUrl } from '../../src/images/links.ts'
import { readRecipe } from '../../src/images/render/metadata.ts'
import { paint } from '../../src/images/render/paint.ts'
import { palettes } from '../../src/images/render/palette.ts'
import { type Format, type Recipe, labelOf } from '../../src/images/recipe.ts'
import { ask, mockWith, picturesIn } from '../ask.ts'

const cat: Recipe = {
  model: 'gpt-4o-image',
  width: 1024,
  height: 1024,
  format: 'png',
  palette: 0,
  emblem: '0123456789abcdef',
  label: '画只猫',
  references: [],
  index: 1,
  count: 1,
}

/** Decoders that are independent of sharp. */
const DECODERS: Readonly<
  Record<Format, (bytes: Buffer) => { width: number; height: number; data: Uint8Array | Uint8ClampedArray }>
> = {
  png: (bytes) => PNG.sync.read(bytes),
  jpg: (bytes) => decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 }),
  webp: (bytes) => decodeWebp(bytes),
}

test.each([
  ['png', 1024, 1024],
  ['png', 1365, 1024],
  ['jpg', 1248, 832],
  ['webp', 1024, 1536],
  ['png', 64, 64],
  ['png', 64, 6400],
  ['jpg', 6400, 64],
  ['webp', 130, 120],
  ['webp', 64, 64],
  ['webp', 6400, 511],
  ['webp', 1031, 777],
  ['webp', 4096, 4096],
  ['jpg', 2100, 2000],
  ['png', 4096, 4096],
] as const)(
  'a %s of %i x %i has this size and the painted pixels, by another decoder than sharp',
  async (format, width, height) => {
    const recipe = { ...cat, format, width, height }
    const bytes = await encodePicture(recipe)
    const decoded = DECODERS[format](bytes)
    expect([decoded.width, decoded.height]).toEqual([width, height])
    const canvas = paint(recipe)
    const scale = Math.max(1, Math.floor(Math.min(width, height) / 256))
    for (let step = 0; step < 200; step++) {
      const [x, y] = [(step * 7919) % width, (step * 104_729) % height]
      const at = (Math.floor(y / scale) * canvas.width + Math.floor(x / scale)) * 3
      const near = format === 'jpg' || (format === 'webp' && width * height > 4_194_304) ? 40 : 0
      for (let channel = 0; channel < 3; channel++)
        expect(
          Math.abs((decoded.data[(y * width + x) * 4 + channel] ?? 0) - (canvas.pixels[at + channel] ?? 0)),
        ).toBeLessThanOrEqual(near)
    }
  },
)

test.each(['png', 'jpg', 'webp'] as const)('the bytes of a %s contain its recipe', async (format) => {
  const recipe = {
    ...cat,
    format,
    references: ['00112233445566ff', { emblem: 'ffeeddccbbaa9988', palette: 7 }],
    index: 2,
    count: 3,
  }
  expect(readRecipe(await encodePicture(recipe))).toEqual(recipe)
})

test('other bytes contain no recipe', () => {
  const chunk = Buffer.concat([
    Buffer.from('zTXtXML:com.adobe.xmp\0\0', 'latin1'),
    deflateSync(Buffer.alloc(50_000_000, 0x61)),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(chunk.length - 4)
  const bomb = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), size, chunk, Buffer.alloc(4)])
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('x'),
    Buffer.alloc(100, 0xff),
    bomb,
    Buffer.from('chat-image-mock:1abc;'),
    Buffer.from('\x89PNG\r\n\x1a\n\xff\xff\xff\xffzTXt', 'latin1'),
  ])
    expect(readRecipe(bytes)).toBeUndefined()
})

/**
 * The bytes of this release. If a hash changes, the pictures of all users change: that needs a new format version and a
 * line in the CHANGELOG.
 */
const GOLDEN: Readonly<Record<Format, string>> = {
  png: 'fe610b85b1f6a07f81d930b5bd8e3f8e2a5239de6afc62f5b7c46dfca78678d1',
  jpg: '47a2f8b604bfaf3ccb588a7ee4d475628d602ceac7b0a0072402b929c01528a3',
  webp: 'ced0e29c177ede77858ecf0efa11aa82f25d694ae4519bf2bfa26549ee684eb3',
}

test.each(['png', 'jpg', 'webp'] as const)('the bytes of a %s have not changed in this release', async (format) => {
  expect(hash('sha256', await encodePicture({ ...cat, format }), 'hex')).toBe(GOLDEN[format])
})

const creatureOf = ({ emblem, palette: number }: Recipe): string => {
  const canvas = createCanvas(13 * 4, 13 * 4)
  const palette = palettes[number]
  if (palette === undefined) throw new Error('no palette')
  paintCreature(canvas, { emblem, palette: number }, { palette, x: 0, y: 0, cell: 4 })
  return hash('sha256', canvas.pixels, 'hex')
}

test('1,000 prompts, another model and another size give different creatures', async () => {
  await using mock = await mockWith()
  const recipeOf = async (question: Parameters<typeof ask>[1]): Promise<Recipe> =>
    decodeUrl(picturesIn((await ask(mock, question)).content)[0] ?? '') ?? cat
  const prompts = await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => recipeOf({ model: 'nano-banana', text: `prompt ${i}` })),
  )
  const others = [
    await recipeOf({ model: 'gpt-4o-image', text: 'prompt 0' }),
    await recipeOf({ model: 'nano-banana', text: 'prompt 0', body: { aspect_ratio: '16:9' } }),
  ]
  expect(new Set([...prompts, ...others].map(creatureOf)).size).toBe(1002)
})

test('a creature is symmetric and has eyes', () => {
  const { width, height, pixels } = paint({ ...cat, label: '', width: 256, height: 256 })
  const rgb = (x: number, y: number): number =>
    ((pixels[(y * width + x) * 3] ?? 0) << 16) |
    ((pixels[(y * width + x) * 3 + 1] ?? 0) << 8) |
    (pixels[(y * width + x) * 3 + 2] ?? 0)
  let bright = 0
  for (let y = 60; y < 160; y++) for (let x = 0; x < 60; x++) if (rgb(127 - x, y) === 0xffffff) bright++
  expect(bright).toBeGreaterThan(10)
  expect(height).toBe(256)
})

/** How many pixels at the right are free in the last line of the label. */
function freeOf(label: string, [width, height]: readonly [number, number]): number {
  const canvas = paint({ ...cat, label, width, height })
  let right = 0
  for (let y = canvas.height - 46; y < canvas.height - 30; y++)
    for (let x = right; x < canvas.width; x++) if (canvas.pixels[(y * canvas.width + x) * 3] === 0xf4) right = x
  return canvas.width - 12 - right
}

test.each([
  ['21:9', [1568, 672]],
  ['21:9', [1190, 510]],
  ['16:9', [1360, 768]],
  ['1:1', [1024, 1024]],
  ['9:16', [720, 1280]],
] as const)('a label that is too long is cut at the end of a line: %s', (_ratio, size) => {
  const english = 'A red fox reads the news on a bench by the sea, while boats return home at dusk. '
  expect(freeOf(labelOf(english.repeat(5)), size)).toBeLessThan(64)
  expect(freeOf(labelOf('一只穿着外套的狐狸坐在港口旁看报'.repeat(20)), size)).toBeLessThan(32)
})

test('a label that is not cut is shown to its end', () => {
  const label = 'A red fox on a bench, reading a newspaper at dawn, in fog, and in a lot of snow.'
  expect(labelOf(label)).toBe(label)
  expect(freeOf(label, [1568, 672])).toBeLessThan(784 - 24 - 79 * 8)
  expect(freeOf(`${label}…`, [1568, 672])).toBeLessThan(784 - 24 - 80 * 8)
})

test.each([
  [
    'between words',
    'A watercolor fox reading a newspaper on a bench',
    120,
    ['A watercolor', 'fox reading a', 'newspaper on a', 'bench'],
  ],
  [
    'between Chinese characters, but not before a comma',
    '一只猫，一只狗，一只鸟',
    64,
    ['一只猫，', '一只狗，', '一只鸟'],
  ],
  ['not before a comma that does not fit', '一只猫咪，狗', 64, ['一只猫', '咪，狗']],
  ['inside a word that is longer than a line', 'aaaaaaaaaaaa', 64, ['aaaaaaaa', 'aaaa']],
  [
    'with an ellipsis if there are too many lines',
    'one two three four five six seven eight',
    40,
    ['one', 'two', 'three', 'four', 'five…'],
  ],
])('wraps a label %s', (_rule, text, width, lines) => {
  expect(wrap(text, { width, lines: 5 })).toEqual(lines)
})
