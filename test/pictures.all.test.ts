import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodePicture } from '../src/images/render/encode.ts'
import { FORMATS, type Recipe } from '../src/images/recipe.ts'

interface Made {
  readonly file: string
  readonly text: string
  readonly widths: readonly number[]
}

const { makePictures } = await import(new URL('../tools/pictures.js', import.meta.url).href)
const COMMITTED = fileURLToPath(new URL('../docs/images', import.meta.url))
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
if (!existsSync(CHROMIUM)) console.warn(`The tests of the README's pictures are skipped: ${CHROMIUM} is not installed.`)

const FILES = [
  { name: 'chat-light.png', width: 1840, height: 1680, limit: 250_000 },
  { name: 'chat-dark.png', width: 1840, height: 1680, limit: 250_000 },
  { name: 'models-light.png', width: 1800, height: 1120, limit: 200_000 },
  { name: 'models-dark.png', width: 1800, height: 1120, limit: 200_000 },
  { name: 'page-light.png', width: 1920, height: 1200, limit: 250_000 },
  { name: 'page-dark.png', width: 1920, height: 1200, limit: 250_000 },
]

async function measure(file: string): Promise<{ format: string; width: number; height: number; bytes: number }> {
  const { format, width, height } = await sharp(file).metadata()
  return { format, width, height, bytes: statSync(file).size }
}

test.each(FILES)('docs/images/$name has its dimensions and is below its size limit', async (file) => {
  const { bytes, ...measured } = await measure(join(COMMITTED, file.name))
  expect(measured).toEqual({ format: 'png', width: file.width, height: file.height })
  expect(bytes).toBeLessThanOrEqual(file.limit)
})

describe.runIf(existsSync(CHROMIUM))('tools/pictures.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
  let made: readonly Made[]
  beforeAll(async () => {
    made = await makePictures(folder)
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const pagesOf = (prefix: string): readonly Made[] => made.filter(({ file }) => basename(file).startsWith(prefix))

  test.each(FILES)('writes $name with the dimensions of the committed one, below its size limit', async (file) => {
    const { bytes, ...measured } = await measure(join(folder, file.name))
    expect(measured).toEqual({ format: 'png', width: file.width, height: file.height })
    expect(bytes).toBeLessThanOrEqual(file.limit)
  })

  test('the chat page shows the progress of the task, the picture and its download link', () => {
    const pages = pagesOf('chat-')
    expect(pages).toHaveLength(2)
    for (const { text, widths } of pages) {
      expect(text).toMatch(/"ratio": "3:2"[^]*ID: [\w-]{36}\nPreview \| Source\n/)
      expect(text).toMatch(
        /🕐 Queuing\.+\n+⚡ Generating\.+\n+🏃 Progress \d+\.\.[\d.]+100\n+✅ Generation complete\n+Click to download/,
      )
      expect(text).toMatch(/\b[1-9]\d chunks, finish_reason: stop$/)
      expect(widths).toEqual([1536])
    }
  })

  test("the mock's page shows the journal and an exchange with its picture", () => {
    const pages = pagesOf('page-')
    expect(pages).toHaveLength(2)
    for (const { text, widths } of pages) {
      expect(text).toMatch(/7 exchanges[^]*a whale above the clouds[^]*一只橘猫在看书[^]*limit-rate-after/)
      expect(widths).toContain(1024)
    }
  })

  test('the page of models shows a picture of each, with its name', () => {
    const pages = pagesOf('models-')
    expect(pages).toHaveLength(2)
    for (const { text, widths } of pages) {
      expect(text).toMatch(
        /^gpt-4o-image\n1024 × 1024 png\n[^]*recraftv3\n1024 × 1024 webp\n[^]*sora_image\n1024 × 1024 png$/,
      )
      expect(widths).toEqual(Array.from({ length: 8 }, () => 1024))
    }
  })
})

/** Programs that check a picture, what they print about a correct one, and the formats that they know. */
const CHECKERS = [
  { command: 'identify', args: ['-format', '%wx%h'], prints: '300x201', formats: FORMATS },
  { command: 'exiftool', args: ['-validate', '-warning', '-s3'], prints: 'OK', formats: FORMATS },
  { command: 'webpinfo', args: ['-quiet'], prints: '', formats: ['webp'] },
  { command: 'pngcheck', args: ['-q'], prints: '', formats: ['png'] },
] as const
const ours: Omit<Recipe, 'format'> = {
  model: 'gpt-image-1',
  width: 300,
  height: 201,
  palette: 3,
  emblem: '0123456789abcdef',
  label: '一只 fox',
  references: [],
  index: 1,
  count: 1,
}

for (const { command, args, prints, formats } of CHECKERS) {
  const isInstalled = spawnSync(command, ['-h']).error === undefined
  if (!isInstalled) console.warn(`Skipped the check of pictures by ${command}: it is not installed.`)
  test.runIf(isInstalled).each(formats)(`${command} finds no fault in a %s`, async (format) => {
    const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
    try {
      const file = join(folder, `picture.${format}`)
      writeFileSync(file, await encodePicture({ ...ours, format }))
      const { stdout, stderr, status } = spawnSync(command, [...args, file], { encoding: 'utf8' })
      expect([stdout.trim(), stderr.trim(), status]).toEqual([prints, '', 0])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}
