import { type Box, type Canvas, type Point, fill, mix } from './canvas.ts'
import { createPrng } from '../../util/prng.ts'
import type { Palette } from './palette.ts'
import type { Creature } from '../recipe.ts'

/** Cells of a side of the grid. The left and the right half are symmetric. */
export const GRID = 13
const HALF = 7

/** The position of a grid: its upper left corner, and the width of a cell in pixels. */
type Grid = Point & { readonly cell: number }

interface Shape {
  /** The colour of each cell, 0 to 3; undefined for the sky. */
  readonly cells: readonly (readonly (number | undefined)[])[]
  /** The eye's row and its distance from the middle column. */
  readonly eye: { readonly row: number; readonly column: number }
}

function toShape(emblem: string): Shape {
  const number = createPrng(emblem)
  const eye = { row: 4 + number(3), column: 1 + number(3) }
  const half = Array.from({ length: GRID }, (_, row) =>
    Array.from({ length: HALF }, (_column, column) => {
      const reach = (row - 6) ** 2 * 4 + column ** 2 * 5 // near 0 in the middle, at least 144 at the edge
      const chance = reach < 30 ? 92 : reach < 80 ? 74 : reach < 140 ? 48 : 26
      const isFilled = number(100) < chance
      const colour = number(4)
      return isFilled || (Math.abs(row - eye.row) <= 1 && Math.abs(column - eye.column) <= 1) ? colour : undefined
    }),
  )
  const at = (row: number, column: number): number | undefined => half[row]?.[Math.abs(column)]
  const isLonely = (row: number, column: number): boolean =>
    [at(row - 1, column), at(row + 1, column), at(row, column - 1), at(row, column + 1)].every(
      (cell) => cell === undefined,
    )
  const cells = Array.from({ length: GRID }, (_, row) =>
    Array.from({ length: GRID }, (_column, x) => (isLonely(row, x - 6) ? undefined : at(row, x - 6))),
  )
  return { cells, eye }
}

/** Draws a creature. */
export function paintCreature(canvas: Canvas, { emblem }: Creature, grid: Grid & { palette: Palette }): void {
  const { palette, x, y, cell } = grid
  const { cells, eye } = toShape(emblem)
  const edge = cell >= 4 ? Math.max(1, Math.floor(cell / 12)) : 0
  cells.forEach((row, i) =>
    row.forEach((colour, j) => {
      if (colour === undefined) return
      const body = palette.body[colour] ?? palette.accent
      const box = { x: x + j * cell, y: y + i * cell, width: cell, height: cell }
      fill(canvas, box, body)
      if (cells[i - 1]?.[j] !== colour) fill(canvas, { ...box, height: edge }, mix(body, 0xffffff, 0.3))
      if (cells[i + 1]?.[j] === undefined)
        fill(canvas, { ...box, y: box.y + cell - edge * 2, height: edge * 2 }, mix(body, 0x000000, 0.4))
    }),
  )
  for (const column of [6 - eye.column, 6 + eye.column])
    paintEye(canvas, { x: x + column * cell, y: y + eye.row * cell, width: cell, height: cell }, palette)
}

function paintEye(canvas: Canvas, box: Box, palette: Palette): void {
  fill(canvas, box, 0xffffff)
  const pupil = Math.max(1, Math.round(box.width * 0.6))
  const left = box.x + Math.floor((box.width - pupil) / 2)
  const top = box.y + box.height - pupil
  fill(canvas, { x: left, y: top, width: pupil, height: pupil }, palette.panel)
  const glint = pupil < 4 ? 0 : Math.floor(pupil / 3)
  fill(canvas, { x: left + 1, y: top + 1, width: glint, height: glint }, 0xffffff)
}

const IDENTICON_COLOURS = [0xff7782, 0x8cb2d4, 0xbfe69e, 0xffca68, 0xb878ff, 0x58dcff]

/** Draws a symmetric pattern of 7 x 7 cells from 16 hexadecimal digits, for a reference picture that is not ours. */
export function paintIdenticon(canvas: Canvas, digits: string, { x, y, cell }: Grid): void {
  const number = createPrng(digits)
  const colour = mix(IDENTICON_COLOURS[number(6)] ?? 0xffffff, 0xffffff, number(4) / 10)
  for (let row = 0; row < 7; row++) {
    for (let column = 0; column < 4; column++) {
      if (number(2) === 0) continue
      for (const at of [column, 6 - column])
        fill(canvas, { x: x + at * cell, y: y + row * cell, width: cell, height: cell }, colour)
    }
  }
}
