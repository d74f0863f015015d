// Makes fixtures/glyphs.bin, the pixel font of the pictures, from the npm package @fontsource/unifontex.
// Run by hand after the font has changed: node tools/glyphs.js
//
// The file is deflated. Inflated it is: number of glyphs (uint32, little-endian); their code points, ascending
// (uint32 each); their widths in pixels, 8 or 16 (one byte each); their rows, 16 of 16 bits from the left (32 bytes
// each).
import { copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import * as fontkit from 'fontkit'

const UNIT = 64 // font units a pixel
const TOP = 896 // the font's ascent
const RANGES = [
  [0x20, 0x7e],
  [0xa0, 0x2ff],
  [0x370, 0x482],
  [0x48a, 0x52f], // Latin, IPA, Greek, Cyrillic
  [0xe3f, 0xe3f],
  [0x1e00, 0x1fff],
  [0x2010, 0x2027],
  [0x2030, 0x205e],
  [0x2070, 0x20bf], // Latin and Greek additions, punctuation
  [0x2100, 0x2bff], // letter-like signs, arrows, mathematics, boxes, symbols
  [0x2e80, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3], // CJK, kana, Hangul
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xffee],
  [0xfffd, 0xfffd],
  [0x1f000, 0x1faff], // compatibility forms, emoji
]

const folder = dirname(createRequire(import.meta.url).resolve('@fontsource/unifontex/package.json'))
const font = fontkit.openSync(join(folder, 'files/unifontex-latin-400-normal.woff2'))

/** The outline's horizontal crossings, by pixel row: a row's pixels lie between every two of them. */
function rowsOf(path) {
  const crossings = Array.from({ length: 16 }, () => [])
  let start = [0, 0]
  let here = start
  const lineTo = (to) => {
    for (let row = 0; row < 16; row++) {
      const middle = TOP - row * UNIT - UNIT / 2
      if (here[1] > middle !== to[1] > middle) {
        crossings[row].push({ x: Math.round(here[0] / UNIT), up: to[1] > here[1] ? 1 : -1 })
      }
    }
    here = to
  }
  for (const { command, args } of path.commands) {
    if (command === 'moveTo') start = here = args
    else if (command === 'closePath') lineTo(start)
    else lineTo(args.slice(-2)) // the font's curves are straight: their control point is their first point
  }
  return crossings.map(bitsBetween)
}

function bitsBetween(crossings) {
  let bits = 0
  let winding = 0
  let from = 0
  for (const { x, up } of crossings.toSorted((a, b) => a.x - b.x)) {
    if (winding !== 0) for (let column = from; column < x; column++) bits |= 0x8000 >> column
    winding += up
    from = x
  }
  return bits
}

const known = new Set(font.characterSet)
const codes = RANGES.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)).filter(
  (code) => known.has(code),
)
const glyphs = codes
  .map((code) => ({ code, glyph: font.glyphForCodePoint(code) }))
  .filter(({ glyph }) => glyph.advanceWidth >= 512)

const count = glyphs.length
const file = Buffer.alloc(4 + count * 37)
file.writeUInt32LE(count, 0)
glyphs.forEach(({ code, glyph }, i) => {
  file.writeUInt32LE(code, 4 + i * 4)
  file[4 + count * 4 + i] = glyph.advanceWidth > 512 ? 16 : 8
  rowsOf(glyph.path).forEach((bits, row) => file.writeUInt16BE(bits, 4 + count * 5 + i * 32 + row * 2))
})
writeFileSync('fixtures/glyphs.bin', deflateRawSync(file, { level: 9 }))
copyFileSync(join(folder, 'LICENSE'), 'fixtures/glyphs.LICENSE')
process.stdout.write(`${count} glyphs, ${file.length} bytes\n`)
