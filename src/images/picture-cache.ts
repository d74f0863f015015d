import { ApiError } from '../errors/api-error.ts'
import { type Cache, createCache } from '../util/lru.ts'
import { createDrawingQueue } from './drawing-queue.ts'
import type { Recipe } from './recipe.ts'

/** Bytes of cached pictures, at most. The least recently used are evicted first. */
const MAX_BYTES = 33_554_432

type Render = (recipe: Recipe) => Promise<Buffer>

/** A request for a picture. */
export interface PictureRequest {
  readonly name: string
  readonly recipe: Recipe
  /** Whether the client has disconnected. */
  readonly isGone: () => boolean
}

/** Counts what a PictureCache does. */
export interface PictureCounts {
  /** A picture was requested: from the cache (hit) or not (miss). */
  readonly countRequest: (result: 'hit' | 'miss') => void
  /** A picture was drawn, failed, or was dropped because all clients had disconnected. */
  readonly countRender: (result: 'drawn' | 'failed' | 'dropped', seconds: number) => void
  /** The cache has changed: its pictures (`values`) and bytes (`weight`). */
  readonly setCached: (size: ReturnType<Cache<Buffer>['size']>) => void
}

/** Returns the bytes of a picture: at once if cached, otherwise a promise. Rejects if it is dropped, fails, or too many wait. */
export type PictureCache = (request: PictureRequest) => Buffer | Promise<Buffer>

/** Draws a picture. The first call loads sharp and the glyphs. */
export async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const encode = await import('./render/encode.ts')
  return encode.encodePicture(recipe)
}

/**
 * A cache of 32 MiB. Concurrent requests for the same picture share one drawing. At most two are drawn at a time, the
 * others wait in a DrawingQueue.
 */
export function createPictureCache(render: Render, counts: PictureCounts): PictureCache {
  const cache = createCache<Buffer>(MAX_BYTES, ({ length }) => length)
  counts.setCached(cache.size())
  const queue = createDrawingQueue()
  const renders = new Map<string, { readonly picture: Promise<Buffer>; readonly clients: PictureRequest[] }>()

  const draw = async ({ name, recipe }: PictureRequest, clients: readonly PictureRequest[]): Promise<Buffer> => {
    const started = performance.now()
    const secondsSince = (): number => (performance.now() - started) / 1000
    if (clients.every(({ isGone }) => isGone())) {
      counts.countRender('dropped', 0)
      throw new ApiError('unwanted')
    }
    try {
      const picture = await render(recipe)
      counts.countRender('drawn', secondsSince())
      cache.set(name, picture)
      counts.setCached(cache.size())
      return picture
    } catch (error) {
      counts.countRender('failed', secondsSince())
      throw error
    }
  }

  return (request) => {
    const { name } = request
    const cached = cache.get(name)
    counts.countRequest(cached === undefined ? 'miss' : 'hit')
    if (cached !== undefined) return cached
    const underway = renders.get(name)
    if (underway !== undefined) {
      underway.clients.push(request)
      return underway.picture
    }
    const clients = [request]
    const picture = queue(request.recipe, async () => draw(request, clients)).finally(() => renders.delete(name))
    renders.set(name, { picture, clients })
    return picture
  }
}
