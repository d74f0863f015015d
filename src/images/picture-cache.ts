import type { Recipe } from './recipe.ts'
import { ApiError } from '../errors/api-error.ts'
import { createCache } from '../util/lru.ts'
import { PictureCounts } from '../app/metrics.ts'

/** How many bytes of pictures are kept, those that were asked for last. */
const MAX_BYTES = 33_554_432
/** How many pictures are drawn at the same time. */
const MAX_RENDERS = 2

type Render = (recipe: Recipe) => Promise<Buffer>

/** A picture that somebody asks for. */
export interface PictureRequest {
  readonly name: string
  readonly recipe: Recipe
  /** Whether who asked is gone: what nobody waits for is not drawn. */
  readonly isGone: () => boolean
}

/** Gives the bytes of pictures, at once where they are kept; rejects when all who asked for one were gone before it was drawn. */
export type PictureCache = (wanted: PictureRequest) => Buffer | Promise<Buffer>

/** Draws a picture. Whatever does is loaded by the first one: glyphs, paint, sharp. */
export async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const encode = await import('./render/encode.ts')
  return encode.encodePicture(recipe)
}

/** Gives the bytes of pictures: draws each once, however many ask at the same time, keeps the last 32 MiB of them, and counts. */
export function createPictureCache(render: Render, counts: PictureCounts = new PictureCounts()): PictureCache {
  const cache = createCache<Buffer>(MAX_BYTES, ({ length }) => length)
  const limit = createLimit(MAX_RENDERS)
  counts.kept = cache.size
  const underway = new Map<string, { readonly picture: Promise<Buffer>; readonly askers: (() => boolean)[] }>()

  const draw = async ({ name, recipe }: PictureRequest, askers: readonly (() => boolean)[]): Promise<Buffer> => {
    try {
      const picture = await limit(async () =>
        counted(async () => {
          if (askers.every((isGone) => isGone())) throw new ApiError('unwanted')
          return render(recipe)
        }, counts),
      )
      cache.set(name, picture)
      return picture
    } finally {
      underway.delete(name)
    }
  }

  return (wanted) => {
    const known = cache.get(wanted.name)
    counts[known === undefined ? 'misses' : 'hits']++
    if (known !== undefined) return known
    const drawing = underway.get(wanted.name)
    if (drawing !== undefined) {
      drawing.askers.push(wanted.isGone)
      return drawing.picture
    }
    const askers = [wanted.isGone]
    const picture = draw(wanted, askers)
    underway.set(wanted.name, { picture, askers })
    return picture
  }
}

async function counted<T>(drawing: () => Promise<T>, counts: PictureCounts): Promise<T> {
  const started = performance.now()
  try {
    const drawn = await drawing()
    counts.drawn++
    counts.durations.add((performance.now() - started) / 1000)
    return drawn
  } catch (error) {
    counts[error instanceof ApiError ? 'dropped' : 'failed']++
    throw error
  }
}

function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift() // it takes this one's place
      if (next === undefined) running--
      else next()
    }
  }
}
