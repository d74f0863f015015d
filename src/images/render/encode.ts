import type { Sharp, SharpConstructor } from 'sharp'
import { toXmp } from './metadata.ts'
import { paint, scaleOf } from './paint.ts'
import type { Format, Recipe } from '../recipe.ts'
import { encodeRecipe } from '../recipe.ts'

const ENCODERS: Readonly<Record<Format, (picture: Sharp) => Sharp>> = {
  png: (picture) => picture.png({ compressionLevel: 3 }),
  jpg: (picture) => picture.jpeg({ quality: 90, chromaSubsampling: '4:4:4' }),
  webp: (picture) => picture.webp({ lossless: true, effort: 1 }), // smaller and faster here than lossy
}

let loading: Promise<SharpConstructor> | undefined

// The first picture loads sharp: no answer that only names pictures waits for it.
async function loadSharp(): Promise<SharpConstructor> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  return sharp
}

/** The bytes of a Recipe's picture: the same on every machine, for the same release. */
export async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const sharp = await (loading ??= loadSharp())
  const scale = scaleOf(recipe)
  const { width, height, pixels } = paint(recipe)
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(width * scale, height * scale, { kernel: 'nearest' })
    .extract({ left: 0, top: 0, width: recipe.width, height: recipe.height })
    .withXmp(toXmp(encodeRecipe(recipe).name))
  return ENCODERS[recipe.format](picture).toBuffer()
}
