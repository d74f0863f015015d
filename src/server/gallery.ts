import type { Recipe } from '../image/recipe.ts'

/** How many bytes of pictures are kept, those that were asked for last. */
const MAX_BYTES = 33_554_432
/** How many pictures are drawn at the same time. */
const MAX_RENDERS = 2

type Render = (recipe: Recipe) => Promise<Buffer>
/** Gives the bytes of a Recipe by its name. */
export type Gallery = (name: string, recipe: Recipe) => Promise<Buffer>

// Whatever draws is loaded by the first picture: glyphs, paint, sharp.
async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const encode = await import('../image/encode.ts')
  return encode.renderPicture(recipe)
}

/** Gives the bytes of pictures: draws each once, however many ask at the same time, and keeps the last 32 MiB of them. */
export function createGallery(render: Render = renderPicture): Gallery {
  const cache = createCache(MAX_BYTES)
  const limit = createLimit(MAX_RENDERS)
  const underway = new Map<string, Promise<Buffer>>()

  const draw = async (name: string, recipe: Recipe): Promise<Buffer> => {
    try {
      const picture = await limit(async () => render(recipe))
      cache.set(name, picture)
      return picture
    } finally {
      underway.delete(name)
    }
  }

  return async (name, recipe) => {
    const known = cache.get(name)
    if (known !== undefined) return known
    const drawing = underway.get(name) ?? draw(name, recipe)
    underway.set(name, drawing)
    return drawing
  }
}

// A Map keeps its order: what was asked for last stands last, and the first goes first.
function createCache(most: number): { get: (key: string) => Buffer | undefined; set: (key: string, value: Buffer) => void } {
  const kept = new Map<string, Buffer>()
  let bytes = 0
  return {
    get: (key) => {
      const value = kept.get(key)
      if (value !== undefined) {
        kept.delete(key)
        kept.set(key, value)
      }
      return value
    },
    set: (key, value) => {
      kept.set(key, value)
      bytes += value.length
      for (const [oldest, { length }] of kept) {
        if (bytes <= most) break
        kept.delete(oldest)
        bytes -= length
      }
    },
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
