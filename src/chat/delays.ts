import { prngFor } from './digest.ts'

/** The phases of an answer: until the first byte, in the queue, while the picture is made, and after it. */
type Phase = 'first' | 'queue' | 'progress' | 'finish'

/** The shortest and the longest time that a model takes for each phase, in seconds. */
export type Pace = Readonly<Record<Phase, readonly [number, number]>>

/** The time that the real model would take for each phase of one answer, in milliseconds. */
export type Waits = Readonly<Record<Phase, number>>

/** The waits of one answer. They follow from its digest; long ones are rarer than short ones, as in the published times [R]. */
export function waitsOf(pace: Pace, digest: string): Waits {
  const number = prngFor(digest, 'pace')
  const spread = ([shortest, longest]: readonly [number, number]): number => {
    const least = shortest + 0.1 // the spread is a power of a quotient, and `shortest` may be 0
    return Math.round((least * ((longest + 0.1) / least) ** (number(1000) / 1000) - 0.1) * 1000)
  }
  const { first, queue, progress, finish } = pace
  return { first: spread(first), queue: spread(queue), progress: spread(progress), finish: spread(finish) }
}

/** All time after the first byte, for answers that report no progress. */
export function restOf({ queue, progress, finish }: Waits): number {
  return queue + progress + finish
}

/** A pace in words as a factor of the real gateway's time: `instant` is 0, `real` is 1, and any number from 0 to 1000 itself. Undefined for other words. */
export function toPace(text: string): number | undefined {
  if (text === 'instant') return 0
  if (text === 'real') return 1
  return /^\d{1,4}(?:\.\d{1,6})?$/.test(text) && Number(text) <= 1000 ? Number(text) : undefined
}
