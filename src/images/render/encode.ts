import type { Sharp, SharpConstructor } from 'sharp'
import { type Format, type Recipe, encodeRecipe, isLarge } from '../recipe.ts'
import { toDescription, toXmp, toXmpPacket } from './metadata.ts'
import { paint, scaleOf } from './paint.ts'
import { withExif } from './webp-exif.ts'

type Encoder = (picture: Sharp, recipe: Recipe, name: string) => Promise<Buffer>

/**
 * How each format is encoded, with the picture's name. At 4096x4096 pixels, optimised codes of a JPEG take 200 MiB and a
 * lossless WebP takes 240. A large picture has neither.
 */
const ENCODERS: Readonly<Record<Format, Encoder>> = {
  png: async (picture, _recipe, name) => picture.withXmp(toXmp(name)).png({ compressionLevel: 3 }).toBuffer(),
  jpg: async (picture, recipe, name) => {
    const options = { quality: 90, chromaSubsampling: '4:4:4', optimiseCoding: !isLarge(recipe) }
    return picture.withXmp(toXmpPacket(name)).jpeg(options).toBuffer()
  },
  webp: async (picture, recipe, name) => {
    // For these pictures, lossless is smaller and faster than lossy.
    const options = isLarge(recipe) ? { quality: 90, effort: 0 } : { lossless: true, effort: 1 }
    return withExif(await picture.webp(options).toBuffer(), recipe, toDescription(name))
  },
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
  return ENCODERS[recipe.format](picture, recipe, encodeRecipe(recipe).name)
}
