import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inflateRawSync } from 'node:zlib'
import { type Canvas, type Colour, type Point, fill } from './canvas.ts'

/** The height of all glyphs in pixels. They are 8 or 16 wide. */
export const GLYPH_HEIGHT = 16

interface Glyph {
  /** 8 or 16 pixels. */
  readonly width: number
  /** One of 16 rows: 16 bits, from the left. */
  readonly rowAt: (row: number) => number
}

// A code point without a glyph is drawn as a hollow box.
const BOX = [0, 0, 0, 0, 0x7e00, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x4200, 0x7e00, 0, 0]
const UNKNOWN: Glyph = { width: 8, rowAt: (row) => BOX[row] ?? 0 }

let loaded: ((code: number) => Glyph) | undefined

// Read with the first picture. tools/glyphs.js describes the layout of the file.
function load(): (code: number) => Glyph {
  const file = inflateRawSync(readFileSync(createRequire(import.meta.url).resolve('#glyphs')))
  const count = file.readUInt32LE(0)
  const indexOf = (code: number): number => {
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (file.readUInt32LE(4 + middle * 4) < code) low = middle + 1
      else high = middle
    }
    return file.readUInt32LE(4 + low * 4) === code ? low : -1
  }
  return (code) => {
    const index = indexOf(code)
    if (index < 0) return UNKNOWN
    const rows = 4 + count * 5 + index * 32
    return { width: file[4 + count * 4 + index] ?? 8, rowAt: (row) => file.readUInt16BE(rows + row * 2) }
  }
}

function glyphsOf(text: string): Glyph[] {
  const glyphOf = (loaded ??= load())
  return Array.from(text, (character) => glyphOf(character.codePointAt(0) ?? 0))
}

// They modify the character before them, or have no effect in a pixel font.
const INVISIBLE = /\p{Mn}|\p{Me}|\p{Cf}|\p{Emoji_Modifier}/gu

/** A text without code points that have no separate glyph. */
export function toVisible(text: string): string {
  return text.replaceAll(INVISIBLE, '')
}

/** The width of a text in pixels. */
export function widthOf(text: string): number {
  return glyphsOf(text).reduce((sum, { width }) => sum + width, 0)
}

/** Draws a text on one line. Its upper left corner is at `x`, `y`. */
export function paintText(canvas: Canvas, text: string, { x, y, colour }: Point & { colour: Colour }): void {
  let left = x
  for (const { width, rowAt } of glyphsOf(text)) {
    for (let row = 0; row < GLYPH_HEIGHT; row++) {
      const bits = rowAt(row)
      for (let column = 0; column < width; column++)
        if ((bits & (0x8000 >> column)) !== 0)
          fill(canvas, { x: left + column, y: y + row, width: 1, height: 1 }, colour)
    }
    left += width
  }
}

// A line does not start with these characters.
const CLOSING = /^[，。、！？；：）】」』》”’…,.!?;:)\]}%]/u

/**
 * Breaks a text into lines of at most `width` pixels: between words, or between characters of scripts without spaces.
 * A text with more lines ends with ….
 */
export function wrap(text: string, { width, lines }: { width: number; lines: number }): string[] {
  const pieces = text.match(/[\u0021-\u02ff\u0370-\u052f\u1e00-\u1fff\u2010-\u205e]+|\s+|./gsu) ?? []
  const result: string[] = ['']
  let used = 0
  for (const piece of pieces.flatMap((item) => (widthOf(item) > width ? Array.from(item) : [item]))) {
    const line = result.at(-1) ?? ''
    if (used + widthOf(piece) <= width) {
      result[result.length - 1] = line + piece
      used += widthOf(piece)
      continue
    }
    // A space at the end of a line is left out.
    const last = CLOSING.test(piece) && line.length > 1 ? (Array.from(line).at(-1) ?? '') : ''
    result[result.length - 1] = line.slice(0, line.length - last.length)
    const next = (last + piece).trimStart()
    result.push(next)
    used = widthOf(next)
  }
  const kept = result.map((line) => line.trimEnd()).filter((line) => line !== '')
  if (kept.length <= lines) return kept
  const last = Array.from(kept[lines - 1] ?? '')
  while (widthOf(`${last.join('')}…`) > width) last.pop()
  return [...kept.slice(0, lines - 1), `${last.join('').trimEnd()}…`]
}
