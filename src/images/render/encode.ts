import type { Sharp, SharpConstructor } from 'sharp'
import { toXmp } from './metadata.ts'
import { paint, scaleOf } from './paint.ts'
import { type Format, type Recipe, encodeRecipe } from '../recipe.ts'

const ENCODERS: Readonly<Record<Format, (picture: Sharp) => Sharp>> = {
  png: (picture) => picture.png({ compressionLevel: 3 }),
  jpg: (picture) => picture.jpeg({ quality: 90, chromaSubsampling: '4:4:4' }),
  webp: (picture) => picture.webp({ lossless: true, effort: 1 }), // for these pictures smaller and faster than lossy
}

let loading: Promise<SharpConstructor> | undefined

// Loaded with the first picture: responses that only link to pictures do not need it.
async function loadSharp(): Promise<SharpConstructor> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  return sharp
}

/** Draws and encodes a picture. Within one release, the bytes are the same on every machine. */
export async function encodePicture(recipe: Recipe): Promise<Buffer> {
  const sharp = await (loading ??= loadSharp())
  const scale = scaleOf(recipe)
  const { width, height, pixels } = paint(recipe)
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(width * scale, height * scale, { kernel: 'nearest' })
    .extract({ left: 0, top: 0, width: recipe.width, height: recipe.height })
    .withXmp(toXmp(encodeRecipe(recipe).name))
  return ENCODERS[recipe.format](picture).toBuffer()
}
