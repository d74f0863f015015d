import { setImmediate as nextTurn } from 'node:timers/promises'
import { ApiError } from '../errors/api-error.ts'
import { type Size, isLarge } from './recipe.ts'

/** Pictures that are drawn at the same time, at most. Only one of them is large. */
const MAX_RUNNING = 2
/** Pictures that wait, at most. Large ones are counted separately, so that they do not keep out the others. */
const MAX_WAITING = 1000
const MAX_LARGE_WAITING = 64
/** For each of this many pixels, a picture lets one later picture pass: small ones go first, and none waits for ever. */
const PIXELS_PER_PLACE = 1024

interface Waiting {
  readonly isLarge: boolean
  /** The order of the waiting pictures: when it came, and how much there is to draw. */
  readonly place: number
  readonly start: () => void
}

/** Calls `draw` when it is the picture's turn. Rejects with the error `too_many_pictures` if too many wait. */
export type DrawingQueue = <T>(size: Size, draw: () => Promise<T>) => Promise<T>

/** A queue in which small pictures pass larger ones. */
export function createDrawingQueue(): DrawingQueue {
  const waiting: Waiting[] = []
  const running: Waiting[] = []
  let arrivals = 0

  const startNext = (): void => {
    if (running.length >= MAX_RUNNING) return
    const isLargeRunning = running.some((picture) => picture.isLarge)
    const next = waiting.find((picture) => !(picture.isLarge && isLargeRunning))
    if (next === undefined) return
    waiting.splice(waiting.indexOf(next), 1)
    running.push(next)
    next.start()
  }

  const join = async (size: Size): Promise<Waiting> =>
    new Promise((resolve) => {
      const place = arrivals++ + (size.width * size.height) / PIXELS_PER_PLACE
      const picture = { isLarge: isLarge(size), place, start: () => resolve(picture) }
      const after = waiting.findIndex((other) => other.place > place)
      waiting.splice(after < 0 ? waiting.length : after, 0, picture)
      startNext()
    })

  return async (size, draw) => {
    const alike = waiting.filter((picture) => picture.isLarge === isLarge(size)).length
    if (alike >= (isLarge(size) ? MAX_LARGE_WAITING : MAX_WAITING)) throw new ApiError('too_many_pictures')
    const picture = await join(size)
    try {
      await nextTurn() // drawing blocks the thread for some milliseconds: other requests come first
      return await draw()
    } finally {
      running.splice(running.indexOf(picture), 1)
      startNext()
    }
  }
}
