import type { Size } from '../recipe.ts'

/** A colour as 0xRRGGBB. */
export type Colour = number

/** A raw picture: three bytes per pixel (red, green, blue), row by row. Drawing outside of it has no effect. */
export interface Canvas extends Size {
  readonly pixels: Uint8Array
}

/** A black canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 3) }
}

/** A position in pixels from the upper left corner. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A rectangle. */
export type Box = Point & Size

/** Fills a rectangle with a colour. */
export function fill({ width, height, pixels }: Canvas, box: Box, colour: Colour): void {
  const left = Math.max(0, box.x)
  const right = Math.min(width, box.x + box.width)
  const bottom = Math.min(height, box.y + box.height)
  const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255]
  for (let y = Math.max(0, box.y); y < bottom; y++) {
    for (let at = (y * width + left) * 3, end = (y * width + right) * 3; at < end; at += 3) {
      pixels[at] = red
      pixels[at + 1] = green
      pixels[at + 2] = blue
    }
  }
}

/** Mixes two colours. `part` is the share of the second one, 0 to 1. */
export function mix(from: Colour, to: Colour, part: number): Colour {
  const channel = (shift: number): number => {
    const a = (from >> shift) & 255
    return Math.round(a + (((to >> shift) & 255) - a) * part) << shift
  }
  return channel(16) | channel(8) | channel(0)
}
