import type { Exchange } from '../../../journal/exchange.ts'
import { useWords } from '../../language.ts'
import type { Frame, Stall } from '../../sse-text.ts'
import { detailWords } from '../../words/detail.ts'

/** The part of a stream that was sent, and how much of it is shown. */
export interface TimelineProps {
  /** The events that were sent. */
  readonly sent: readonly Frame[]
  readonly stalls: readonly Stall[]
  readonly pictures: Exchange['pictures']
  /** The number of events that are shown. */
  readonly shown: number
}

/** A line on which each event has its place in time, so that pauses are as long as they were. */
export function Timeline({ sent, stalls, pictures, shown }: TimelineProps) {
  const words = useWords(detailWords)
  const end = Math.max(1, ...sent.map(({ time = 0 }) => time))
  const isInstant = end === 1
  const placeOf = (index: number): number => {
    const last = Math.max(1, sent.length - 1)
    return isInstant ? (index / last) * 100 : ((sent[index]?.time ?? end) / end) * 100
  }
  const drawn = new Set(pictures.map(({ event }) => event))
  const reached = shown === 0 ? 0 : placeOf(shown - 1)
  return (
    <div class="timeline" role="img" aria-label={words.timeline}>
      <i class="past" style={{ width: `${reached}%` }} />
      {stalls.map(({ before, milliseconds }) => (
        <i
          key={`s${before}`}
          class="stall"
          style={{ left: `${placeOf(before) - (milliseconds / end) * 100}%`, width: `${(milliseconds / end) * 100}%` }}
        />
      ))}
      {sent.map(({ kind }, i) => (
        <i key={i} class="tick" data-kind={drawn.has(i) ? 'picture' : kind} style={{ left: `${placeOf(i)}%` }} />
      ))}
      <i class="now" style={{ left: `${reached}%` }} />
    </div>
  )
}
