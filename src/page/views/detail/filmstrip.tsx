import { useEffect, useRef } from 'preact/hooks'
import { urlOf } from '../../control.ts'
import { useWords } from '../../language.ts'
import { toTime } from '../../parts/format.ts'
import { memo } from '../../parts/memo.ts'
import type { Frame } from '../../sse-text.ts'
import { detailWords } from '../../words/detail.ts'
import type { TimelineProps } from './timeline.tsx'

interface Props extends Omit<TimelineProps, 'sent'> {
  /** All events, also those that are not sent. */
  readonly frames: readonly Frame[]
  /** The number of events that were sent. */
  readonly received: number
  readonly goTo: (count: number) => void
}

/** The events of a stream side by side. A click shows the answer up to an event. */
export function Filmstrip({ frames, stalls, pictures, shown, received, goTo }: Props) {
  const words = useWords(detailWords)
  const strip = useRef<HTMLOListElement>(null)
  const latest = useRef(goTo)
  latest.current = goTo
  const choose = useRef((count: number) => latest.current(count)).current
  useEffect(() => {
    const list = strip.current
    const cell = list?.querySelector('[aria-current]')?.closest('li')
    if (list === null || cell === undefined || cell === null) return
    list.scrollTo({ left: cell.offsetLeft - list.clientWidth / 2 })
  }, [shown])
  const stallOf = new Map(stalls.map(({ before, milliseconds }) => [before, milliseconds]))
  return (
    <ol class="strip" ref={strip} aria-label={words.strip}>
      {frames.map((frame, i) => (
        <Cell
          key={i}
          frame={frame}
          number={i + 1}
          stall={stallOf.get(i)}
          picture={pictures.find(({ event }) => event === i)?.path}
          isCurrent={i + 1 === shown}
          isSent={i < received}
          choose={choose}
        />
      ))}
    </ol>
  )
}

interface CellProps {
  readonly frame: Frame
  readonly number: number
  readonly stall: number | undefined
  readonly picture: string | undefined
  readonly isCurrent: boolean
  readonly isSent: boolean
  readonly choose: (count: number) => void
}

const MAX_TEXT = 80 // characters of an event

const Cell = memo(({ frame, number, stall, picture, isCurrent, isSent, choose }: CellProps) => {
  const words = useWords(detailWords)
  const { kind, time, content, reasoning, finish } = frame
  const text = (content || reasoning || finish || '').slice(0, MAX_TEXT).replaceAll('\n', '↵')
  return (
    <>
      {stall !== undefined && (
        <li class="gap" style={{ minWidth: `${gapOf(stall)}rem` }}>
          <span class="warn">{words.stall(toTime(stall))}</span>
        </li>
      )}
      <li>
        <button
          type="button"
          aria-current={isCurrent ? 'true' : undefined}
          disabled={!isSent}
          data-kind={kind}
          onClick={() => choose(number)}
        >
          <span class="soft">
            {number} · {time === undefined ? '–' : toTime(time)}
          </span>
          {picture !== undefined && isSent ? (
            <img src={urlOf(picture)} alt="" loading="lazy" decoding="async" />
          ) : (
            <span class="words">{text === '' ? <span class="tag">{words.kinds[kind]}</span> : text}</span>
          )}
        </button>
      </li>
    </>
  )
})

/** The width of a pause: one rem for each quarter of a second, within bounds that fit a strip. */
function gapOf(milliseconds: number): number {
  return Math.min(24, Math.max(3, milliseconds / 250))
}
