import type { Recipe } from '../image/recipe.ts'
import { ApiError } from '../reply/error.ts'
import { createCache } from '../reply/cache.ts'
import { PictureCounts } from './metrics.ts'

/** How many bytes of pictures are kept, those that were asked for last. */
const MAX_BYTES = 33_554_432
/** How many pictures are drawn at the same time. */
const MAX_RENDERS = 2

type Render = (recipe: Recipe) => Promise<Buffer>

/** A picture that somebody asks for. */
export interface Wanted {
  readonly name: string
  readonly recipe: Recipe
  /** Whether who asked is gone: what nobody waits for is not drawn. */
  readonly isGone: () => boolean
}

/** Gives the bytes of pictures, at once where they are kept; rejects when all who asked for one were gone before it was drawn. */
export type Gallery = (wanted: Wanted) => Buffer | Promise<Buffer>

/** Draws a picture. Whatever does is loaded by the first one: glyphs, paint, sharp. */
export async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const encode = await import('../image/encode.ts')
  return encode.renderPicture(recipe)
}

/** Gives the bytes of pictures: draws each once, however many ask at the same time, keeps the last 32 MiB of them, and counts. */
export function createGallery(render: Render, counts: PictureCounts = new PictureCounts()): Gallery {
  const cache = createCache<Buffer>(MAX_BYTES, ({ length }) => length)
  const limit = createLimit(MAX_RENDERS)
  counts.kept = cache.size
  const underway = new Map<string, { readonly picture: Promise<Buffer>; readonly askers: (() => boolean)[] }>()

  const draw = async ({ name, recipe }: Wanted, askers: readonly (() => boolean)[]): Promise<Buffer> => {
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
