import { prngFor } from './digest.ts'

/** What an answer spends its time with: until the first byte, in the queue, at the picture, and at what follows it. */
type Phase = 'first' | 'queue' | 'progress' | 'finish'

/** How long each phase takes with a model, in seconds: the shortest and the longest. */
export type Pace = Readonly<Record<Phase, readonly [number, number]>>

/** How long each phase of one answer takes with the real model, in milliseconds. */
export type Waits = Readonly<Record<Phase, number>>

/** The waits of one answer: they follow from its digest, and long ones are rarer than short ones, as the published times are spread [R]. */
export function waitsOf(pace: Pace, digest: string): Waits {
  const number = prngFor(digest, 'pace')
  const spread = ([shortest, longest]: readonly [number, number]): number => {
    const least = shortest + 0.1 // a phase may take no time at all, of which there is no multiple
    return Math.round((least * ((longest + 0.1) / least) ** (number(1000) / 1000) - 0.1) * 1000)
  }
  return {
    first: spread(pace.first),
    queue: spread(pace.queue),
    progress: spread(pace.progress),
    finish: spread(pace.finish),
  }
}

/** What remains after the first byte, for answers that tell nothing of their progress. */
export function restOf({ queue, progress, finish }: Waits): number {
  return queue + progress + finish
}
