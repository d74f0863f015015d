import { renderPicture } from '../image/encode.ts'
import type { Recipe } from '../image/recipe.ts'
import { toName } from '../image/recipe.ts'

/** How many bytes of pictures are kept, the newest asked for. */
const MAX_BYTES = 33_554_432
/** How many pictures are drawn at the same time. */
const MAX_RENDERS = 2

/** Gives the bytes of pictures: draws each once, however many ask at the same time, and keeps the last 32 MiB of them. */
export function createGallery(render: (recipe: Recipe) => Promise<Buffer> = renderPicture): (recipe: Recipe) => Promise<Buffer> {
  const kept = new Map<string, Buffer>()
  const underway = new Map<string, Promise<Buffer>>()
  const waiting: (() => void)[] = []
  let bytes = 0
  let renders = 0

  const keep = (name: string, picture: Buffer): void => {
    kept.set(name, picture)
    bytes += picture.length
    for (const [oldest, { length }] of kept) {
      if (bytes <= MAX_BYTES) break
      kept.delete(oldest)
      bytes -= length
    }
  }

  const draw = async (name: string, recipe: Recipe): Promise<Buffer> => {
    if (renders >= MAX_RENDERS) await new Promise<void>((resolve) => waiting.push(resolve))
    else renders++
    try {
      const picture = await render(recipe)
      keep(name, picture)
      return picture
    } finally {
      underway.delete(name)
      const next = waiting.shift() // takes this one's place
      if (next === undefined) renders--
      else next()
    }
  }

  return async (recipe) => {
    const name = toName(recipe)
    const known = kept.get(name)
    if (known !== undefined) {
      kept.delete(name) // asked for last, dropped last
      kept.set(name, known)
      return known
    }
    const drawing = underway.get(name) ?? draw(name, recipe)
    underway.set(name, drawing)
    return drawing
  }
}
