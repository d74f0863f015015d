import { useEffect, useMemo, useState } from 'preact/hooks'
import { useWords } from '../../language.ts'
import { Code } from '../../parts/copy.tsx'
import { toTime } from '../../parts/format.ts'
import { type Frame, type Stall, type StreamFault, faultsOf, stallsIn } from '../../sse-text.ts'
import { detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'
import { AnswerView, answerOf } from './answer.tsx'
import { Filmstrip } from './filmstrip.tsx'
import { type TimelineProps, Timeline } from './timeline.tsx'

/** The events of a stream as a film: each with its time, and the answer up to it. */
export function FramesTab(props: TabProps) {
  const words = useWords(detailWords)
  return props.progress.frames.length === 0 ? <p class="soft">{words.noFrames}</p> : <Film {...props} />
}

function Film({ exchange, progress }: TabProps) {
  const words = useWords(detailWords)
  const { frames, received, isOpen, pictures } = progress
  const [chosen, choose] = useState<number>()
  const shown = Math.min(chosen ?? received, received)
  // The last position follows a stream that is still open.
  const goTo = (count: number): void => choose(count >= received ? undefined : Math.max(0, count))
  // What is not sent yet can still be cut, so it has no place on the timeline.
  const sent = useMemo(() => frames.slice(0, received), [frames, received])
  const stalls = useMemo(() => stallsIn(sent), [sent])
  const { text = '', reset } = exchange.response
  const faults = faultsOf(frames, { text, isReset: reset, hungUp: exchange.hungUp })
  const rest = frames.length - received
  const seen = pictures.filter(({ event = 0 }) => event < shown)
  const current = sent[shown - 1]
  const film = { stalls, pictures: exchange.pictures, shown }
  const press = (event: KeyboardEvent): void => {
    const step = event.target instanceof HTMLInputElement ? undefined : STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    goTo(shown + step)
  }
  return (
    <div class="stack film" onKeyDown={press}>
      <Player
        {...film}
        sent={sent}
        rest={rest === 0 ? '' : words.notSent(rest, isOpen)}
        isFollowing={chosen === undefined}
        goTo={goTo}
      />
      <Marks stalls={stalls} faults={faults} />
      <Filmstrip {...film} frames={frames} received={received} goTo={goTo} />
      <h2>{words.answerSoFar}</h2>
      <AnswerView
        answer={answerOf(sent.slice(0, shown))}
        pictures={seen}
        prompt={exchange.chat?.prompt ?? ''}
        isOpen={isOpen}
      />
      {current !== undefined && <Code label={words.eventNumber(shown)} text={current.raw} />}
    </div>
  )
}

interface PlayerProps extends TimelineProps {
  /** How many events are not sent, in words. Empty if all are. */
  readonly rest: string
  /** Whether the last event that was sent is shown. */
  readonly isFollowing: boolean
  readonly goTo: (count: number) => void
}

function Player({ rest, isFollowing, goTo, ...film }: PlayerProps) {
  const words = useWords(detailWords)
  const { sent, shown } = film
  const received = sent.length
  const [isPlaying, setPlaying] = usePlaying(sent, { shown, goTo })
  const position = words.positionOf(shown, received, shown === 0 ? words.start : toTime(timeBefore(sent, shown)))
  const play = (): void => {
    if (!isPlaying && isFollowing) goTo(0)
    setPlaying(!isPlaying)
  }
  return (
    <>
      <div class="row">
        <button type="button" class="quiet" onClick={play}>
          {isPlaying ? words.stop : words.play}
        </button>
        {!isFollowing && (
          <button type="button" class="quiet" onClick={() => goTo(received)}>
            {words.toEnd}
          </button>
        )}
        <span class="soft">{position}</span>
        {rest !== '' && <span class="soft">{rest}</span>}
      </div>
      <Timeline {...film} />
      <input
        type="range"
        min="0"
        max={received}
        step="1"
        value={shown}
        aria-label={words.position}
        aria-valuetext={position}
        onInput={({ currentTarget }) => goTo(Number(currentTarget.value))}
      />
    </>
  )
}

function Marks({ stalls, faults }: { readonly stalls: readonly Stall[]; readonly faults: readonly StreamFault[] }) {
  const words = useWords(detailWords)
  if (stalls.length + faults.length === 0) return null
  return (
    <ul class="row marks">
      {stalls.map(({ before, milliseconds }) => (
        <li key={before} class="tag warn">
          {words.stallBefore(toTime(milliseconds), before + 1)}
        </li>
      ))}
      {faults.map((fault) => (
        <li key={fault} class="tag bad">
          {words.faults[fault]}
        </li>
      ))}
    </ul>
  )
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 }

/** Milliseconds from the request to the last of some events. */
function timeBefore(frames: readonly Frame[], count: number): number {
  return frames.slice(0, count).findLast(({ time }) => time !== undefined)?.time ?? 0
}

/** Milliseconds between two events when a film is played: at least, so that one sees each of them, and at most. */
const STEP = { shortest: 60, longest: 5000 }

interface Position {
  readonly shown: number
  readonly goTo: (count: number) => void
}

// Shows one event after another, with the pauses that they had.
function usePlaying(sent: readonly Frame[], { shown, goTo }: Position) {
  const received = sent.length
  const [isPlaying, setPlaying] = useState(false)
  useEffect(() => {
    if (!isPlaying) return undefined
    if (shown >= received) return setPlaying(false)
    const pause = timeBefore(sent, shown + 1) - timeBefore(sent, shown)
    const timer = setTimeout(() => goTo(shown + 1), Math.min(Math.max(pause, STEP.shortest), STEP.longest))
    return () => clearTimeout(timer)
  }, [isPlaying, shown, received])
  return [isPlaying, setPlaying] as const
}
