import { prngFor } from './digest.ts'

/** The phases of a response: before the first byte, in the queue, while drawing, and after drawing. */
type Phase = 'first' | 'queue' | 'progress' | 'finish'

/** The shortest and the longest time of each phase, in seconds. */
export type Pace = Readonly<Record<Phase, readonly [number, number]>>

/** The time of each phase of one response at the pace of the real model, in milliseconds. */
export type Waits = Readonly<Record<Phase, number>>

/** The waits of one response, from its digest. Like in published times, long waits are rarer than short ones [R]. */
export function waitsOf(pace: Pace, digest: string): Waits {
  const number = prngFor(digest, 'pace')
  const spread = ([shortest, longest]: readonly [number, number]): number => {
    const least = shortest + 0.1 // avoids a division by 0
    return Math.round((least * ((longest + 0.1) / least) ** (number(1000) / 1000) - 0.1) * 1000)
  }
  const { first, queue, progress, finish } = pace
  return { first: spread(first), queue: spread(queue), progress: spread(progress), finish: spread(finish) }
}

/** All time after the first byte, for styles without progress. */
export function restOf({ queue, progress, finish }: Waits): number {
  return queue + progress + finish
}

/**
 * The factor of the real gateway's time for a `--pace`: 0 for `instant`, 1 for `real`, or a number from 0 to 1000.
 * Undefined for other texts.
 */
export function toPace(text: string): number | undefined {
  if (text === 'instant') return 0
  if (text === 'real') return 1
  return /^\d{1,4}(?:\.\d{1,6})?$/.test(text) && Number(text) <= 1000 ? Number(text) : undefined
}
