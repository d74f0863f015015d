import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Exchange } from '../../../journal/exchange.ts'
import { type Frame, countAt, toFrames } from '../../sse-text.ts'

/** How much of an answer the client has received. */
export interface Progress {
  /** All events of a stream, also those that are not sent yet. Empty for another response. */
  readonly frames: readonly Frame[]
  /** The number of events that were sent by now. */
  readonly received: number
  /** The pictures that were sent by now. */
  readonly pictures: Exchange['pictures']
  readonly isOpen: boolean
}

/** Follows an answer by the planned times of its events until it is complete. */
export function useProgress({ time, response, pictures, duration, hungUp }: Exchange): Progress {
  const { text = '', events } = response
  const frames = useMemo(() => (events === undefined ? [] : toFrames(text, events)), [text, events])
  const isOpen = duration === undefined
  const elapsed = isOpen ? Date.now() - Date.parse(time) : hungUp === true ? duration : Number.POSITIVE_INFINITY
  const received = countAt(frames, elapsed)
  const next = isOpen ? frames[received]?.time : undefined
  const [, redraw] = useState(0)
  useEffect(() => {
    if (next === undefined) return undefined
    const timer = setTimeout(() => redraw((number) => number + 1), Math.min(next - elapsed + 1, MAX_WAIT))
    return () => clearTimeout(timer)
  }, [next, elapsed])
  return {
    frames,
    received,
    isOpen,
    pictures: pictures.filter(({ event = 0 }) => event < received || frames.length === 0),
  }
}

const MAX_WAIT = 60_000 // milliseconds between two looks at the clock
