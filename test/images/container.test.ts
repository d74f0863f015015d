import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { encodePicture } from '../../src/images/render/encode.ts'
import { type Format, type Recipe, encodeRecipe } from '../../src/images/recipe.ts'

const fox: Recipe = {
  model: 'm',
  width: 300,
  height: 200,
  format: 'png',
  palette: 3,
  emblem: '0123456789abcdef',
  label: '画只 fox',
  references: [],
  index: 1,
  count: 1,
}

interface Part {
  readonly type: string
  readonly data: Buffer
}

/** The chunks of a WebP as in RFC 9649: each has an even number of bytes, and they fill the file. */
function riffChunks(file: Buffer): Part[] {
  expect(file.toString('latin1', 0, 4)).toBe('RIFF')
  expect(file.toString('latin1', 8, 12)).toBe('WEBP')
  expect(file.readUInt32LE(4)).toBe(file.length - 8)
  const chunks: Part[] = []
  let at = 12
  while (at < file.length) {
    const size = file.readUInt32LE(at + 4)
    chunks.push({ type: file.toString('latin1', at, at + 4), data: file.subarray(at + 8, at + 8 + size) })
    at += 8 + size
    if (size % 2 === 1) expect(file[at++]).toBe(0)
  }
  expect(at).toBe(file.length)
  return chunks
}

// Labels of several lengths, so that some chunks need a byte of padding.
test.each(['', 'a', 'ab', 'abc', '画'])(
  'the chunks of a WebP are those that its header announces (%j)',
  async (label) => {
    const recipe = { ...fox, format: 'webp' as const, label }
    const [header, picture, exif, ...rest] = riffChunks(await encodePicture(recipe))
    expect([header?.type, picture?.type, exif?.type, rest]).toEqual(['VP8X', 'VP8L', 'EXIF', []])
    const data = header?.data ?? Buffer.alloc(0)
    expect(data.readUInt32LE(0)).toBe(0b00001000) // EXIF, and no ICC profile, alpha, XMP or animation
    expect([data.length, data.readUIntLE(4, 3) + 1, data.readUIntLE(7, 3) + 1]).toEqual([10, 300, 200])
    const bits = picture?.data.readUInt32LE(1) ?? 0
    expect([picture?.data[0], (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, bits >>> 28]).toEqual([
      0x2f, 300, 200, 0,
    ])
  },
)

test('the EXIF of a WebP is a directory with one field, the description', async () => {
  const exif = riffChunks(await encodePicture({ ...fox, format: 'webp' })).at(-1)?.data ?? Buffer.alloc(0)
  expect([exif.toString('latin1', 0, 4), exif.readUInt32LE(4), exif.readUInt16LE(8)]).toEqual(['II*\0', 8, 1])
  expect([exif.readUInt16LE(10), exif.readUInt16LE(12)]).toEqual([0x010e, 2])
  const [length, at] = [exif.readUInt32LE(14), exif.readUInt32LE(18)]
  expect(at + length).toBe(exif.length)
  expect(exif.toString('latin1', at)).toBe(
    `chat-image-mock:${encodeRecipe({ ...fox, format: 'webp' as const }).name};\0`,
  )
})

function pngChunks(file: Buffer): Part[] {
  expect(file.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n')
  const chunks: Part[] = []
  let at = 8
  while (at < file.length) {
    const end = at + 8 + file.readUInt32BE(at)
    expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)))
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) })
    at = end + 4
  }
  expect(at).toBe(file.length)
  return chunks
}

test('the chunks of a PNG have their checksums and their order', async () => {
  const chunks = pngChunks(await encodePicture({ ...fox, width: 1024, height: 1024 }))
  expect(chunks.map(({ type }) => type).join(' ')).toMatch(/^IHDR pHYs zTXt IDAT( IDAT)* IEND$/)
  const header = chunks[0]?.data
  expect([header?.readUInt32BE(0), header?.readUInt32BE(4), header?.[8], header?.[9]]).toEqual([1024, 1024, 8, 2])
})

const MARKERS: Readonly<Record<number, string>> = {
  0xe1: 'APP1',
  0xdb: 'DQT',
  0xc0: 'SOF0',
  0xc4: 'DHT',
  0xda: 'SOS',
}

/** The segments of a JPEG up to its pixels, which fill the rest. */
function jpegSegments(file: Buffer): Part[] {
  expect(file.readUInt16BE(0)).toBe(0xffd8)
  const segments: Part[] = []
  let at = 2
  while (segments.at(-1)?.type !== 'SOS') {
    expect(file[at]).toBe(0xff)
    const end = at + 2 + file.readUInt16BE(at + 2)
    segments.push({ type: MARKERS[file[at + 1] ?? 0] ?? `${file[at + 1]}`, data: file.subarray(at + 4, end) })
    at = end
  }
  expect(file.readUInt16BE(file.length - 2)).toBe(0xffd9)
  for (let i = file.indexOf(0xff, at); i < file.length - 2; i = file.indexOf(0xff, i + 1)) expect(file[i + 1]).toBe(0)
  return segments
}

test('the segments of a JPEG have their order, and its XMP is a packet', async () => {
  const segments = jpegSegments(await encodePicture({ ...fox, format: 'jpg' }))
  expect(segments.map(({ type }) => type).join(' ')).toMatch(/^APP1( DQT)+ SOF0( DHT)+ SOS$/)
  const [space, packet] = segments[0]?.data.toString().split('\0') ?? []
  expect(space).toBe('http://ns.adobe.com/xap/1.0/')
  expect(packet).toMatch(
    /^<\?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"\?><x:xmpmeta .*<\?xpacket end="r"\?>$/,
  )
})

test.each([
  ['a wide one', 6400, 64],
  ['a tall one', 65, 6400],
  ['the largest one', 4096, 4096],
  ['one whose side is no multiple of its scale', 1031, 777],
] as const)('the file of %s is complete too', async (_which, width, height) => {
  const formats: Record<Format, (file: Buffer) => Part[]> = { png: pngChunks, jpg: jpegSegments, webp: riffChunks }
  for (const format of ['png', 'jpg', 'webp'] as const)
    expect(formats[format](await encodePicture({ ...fox, format, width, height })).length).toBeGreaterThan(2)
})
