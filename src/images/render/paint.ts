import { type Canvas, type Colour, type Point, createCanvas, fill, mix } from './canvas.ts'
import { GRID, paintCreature, paintIdenticon } from './creature.ts'
import { GLYPH_HEIGHT, paintText, toVisible, widthOf, wrap } from './glyphs.ts'
import { createPrng } from '../../util/prng.ts'
import { type Palette, palettes } from './palette.ts'
import { type Recipe, type Size, encodeRecipe, isCut, MAX_LABEL } from '../recipe.ts'

const MARGIN = 12
const LINE = 17
const TILE = 28
const MAX_LINES = 5
/** Minimum width for showing references, in painted pixels. */
const MIN_TILES = 160
const WHITE = 0xf4f8fa

/** The scale from painted pixels to pixels of the picture. */
export function scaleOf({ width, height }: Size): number {
  return Math.max(1, Math.floor(Math.min(width, height) / 256))
}

/** The positions of a picture's parts, in painted pixels. A small picture shows no text. */
interface Layout extends Size {
  readonly lines: readonly string[]
  /** Where the sky ends and the panel begins. */
  readonly horizon: number
  readonly creature: Point & { readonly cell: number }
}

function layoutOf(recipe: Recipe): Layout {
  const scale = scaleOf(recipe)
  const width = Math.ceil(recipe.width / scale)
  const height = Math.ceil(recipe.height / scale)
  const hasText = width >= 96 && height >= 112
  const room = Math.min(MAX_LINES, Math.floor((height * 0.42 - LINE * 2) / LINE))
  const lines = hasText && room > 0 ? linesOf(recipe.label, { width: width - MARGIN * 2, lines: room }) : []
  const horizon = hasText ? height - (lines.length + 1) * LINE - 20 : height
  const top = hasText ? MARGIN + GLYPH_HEIGHT + 4 + (sizeFits(recipe, width) ? 0 : LINE) : 2
  const aside = recipe.references.length > 0 && width >= MIN_TILES ? 2 * (MARGIN + TILE + 4) : hasText ? 40 : 4
  const cell = Math.max(1, Math.floor(Math.min((horizon - top - 6) / GRID, (width - aside) / GRID)))
  const side = cell * GRID
  const y = top + Math.max(0, Math.floor((horizon - top - side) / 2))
  return { width, height, lines, horizon, creature: { x: Math.floor((width - side) / 2), y, cell } }
}

// A label that was cut ends at the end of a line, so that it does not look as if there was no room for more.
function linesOf(label: string, space: { width: number; lines: number }): string[] {
  const text = toVisible(label)
  const whole = isCut(label) ? wrap(text, { ...space, lines: MAX_LABEL }).length - 1 : space.lines
  return wrap(text, { ...space, lines: Math.min(space.lines, Math.max(1, whole)) })
}

/** Draws a Recipe at its painted size. Uses only integers, so that all machines draw the same. */
export function paint(recipe: Recipe): Canvas {
  const layout = layoutOf(recipe)
  const palette = palettes[recipe.palette] ?? palettes[0]
  if (palette === undefined) throw new RangeError(`no palette ${recipe.palette}`)
  const canvas = createCanvas(layout.width, layout.height)
  paintSky(canvas, recipe, { sky: palette.sky, horizon: layout.horizon })
  paintCreature(canvas, recipe, { palette, ...layout.creature })
  if (layout.horizon < layout.height) {
    paintHeader(canvas, recipe)
    paintReferences(canvas, recipe, layout)
    paintPanel(canvas, recipe, { palette, layout })
  }
  return canvas
}

const BANDS = 6

function paintSky(
  canvas: Canvas,
  { emblem }: Recipe,
  { sky, horizon }: Pick<Palette, 'sky'> & { horizon: number },
): void {
  const colourAt = (band: number): Colour => mix(sky[0], sky[1], Math.min(band, BANDS - 1) / (BANDS - 1))
  for (let band = 0; band < BANDS; band++) {
    const y = Math.floor((horizon * band) / BANDS)
    fill(canvas, { x: 0, y, width: canvas.width, height: horizon - y }, colourAt(band))
    if (band === 0) continue
    for (let x = 0; x < canvas.width; x += 2) {
      fill(canvas, { x, y: y - 1, width: 1, height: 1 }, colourAt(band))
      if (x % 4 === 0) fill(canvas, { x: x + 1, y: y - 2, width: 1, height: 1 }, colourAt(band))
    }
  }
  const number = createPrng(Array.from(emblem).toReversed().join(''))
  const stars = Math.min(400, Math.ceil((canvas.width * horizon) / 1800))
  for (let star = 0; star < stars; star++) {
    const [x, y] = [number(canvas.width), number(Math.max(1, horizon - 2))]
    if (y < MARGIN + GLYPH_HEIGHT && horizon < canvas.height) continue // no stars among the letters
    const colour = mix(colourAt(Math.floor((y * BANDS) / horizon)), WHITE, 0.3 + number(5) / 10)
    fill(canvas, { x, y, width: 1, height: 1 }, colour)
  }
}

function paintHeader(canvas: Canvas, { model, width, height }: Recipe): void {
  const size = `${width}×${height}`
  const name = wrap(toVisible(model), { width: canvas.width - MARGIN * 2, lines: 1 })[0] ?? ''
  const isBeside = sizeFits({ model, width, height }, canvas.width)
  paintText(canvas, name, { x: MARGIN, y: MARGIN - 2, colour: WHITE })
  paintText(canvas, size, {
    x: isBeside ? canvas.width - MARGIN - widthOf(size) : MARGIN,
    y: MARGIN - 2 + (isBeside ? 0 : LINE),
    colour: 0x98a0a8,
  })
}

// The size is beside the model's name, or below it if the name is long.
function sizeFits({ model, width, height }: Pick<Recipe, 'model' | 'width' | 'height'>, room: number): boolean {
  return widthOf(toVisible(model)) + widthOf(`${width}×${height}`) + 16 <= room - MARGIN * 2
}

function paintReferences(canvas: Canvas, recipe: Recipe, { horizon }: Layout): void {
  const { references } = recipe
  if (canvas.width < MIN_TILES) return
  const top = MARGIN + GLYPH_HEIGHT + 6 + (sizeFits(recipe, canvas.width) ? 0 : LINE)
  const room = Math.max(1, Math.floor((horizon - top - GLYPH_HEIGHT) / (TILE + 4)))
  const x = canvas.width - MARGIN - TILE
  references.slice(0, room).forEach((reference, i) => {
    const y = top + i * (TILE + 4)
    const palette = typeof reference === 'string' ? undefined : palettes[reference.palette]
    fill(canvas, { x: x - 1, y: y - 1, width: TILE + 2, height: TILE + 2 }, palette?.accent ?? 0x98a0a8)
    fill(canvas, { x, y, width: TILE, height: TILE }, palette?.panel ?? 0x101418)
    if (typeof reference === 'string') paintIdenticon(canvas, reference, { x: x + 3, y: y + 3, cell: 3 })
    else if (palette !== undefined) paintCreature(canvas, reference, { palette, x: x + 1, y: y + 1, cell: 2 })
  })
  const rest = references.length - room
  if (rest > 0) paintText(canvas, `+${rest}`, { x, y: top + room * (TILE + 4) - 2, colour: 0x98a0a8 })
}

function paintPanel(canvas: Canvas, recipe: Recipe, { palette, layout }: { palette: Palette; layout: Layout }): void {
  const { horizon, width, height, lines } = layout
  fill(canvas, { x: 0, y: horizon, width, height: height - horizon }, palette.panel)
  fill(canvas, { x: 0, y: horizon, width, height: 2 }, palette.accent)
  lines.forEach((line, i) => paintText(canvas, line, { x: MARGIN, y: horizon + 8 + i * LINE, colour: WHITE }))
  const foot = horizon + 8 + lines.length * LINE + 1
  const fingerprint = `#${encodeRecipe(recipe).fingerprint.slice(0, 8)}`
  const number = `${recipe.index}/${recipe.count}`
  paintText(canvas, fingerprint, { x: MARGIN, y: foot, colour: mix(palette.accent, palette.panel, 0.25) })
  if (widthOf(fingerprint) + widthOf(number) + MARGIN * 2 + 8 <= width)
    paintText(canvas, number, { x: width - MARGIN - widthOf(number), y: foot, colour: 0x98a0a8 })
}
