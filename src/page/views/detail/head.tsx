import type { ComponentChildren } from 'preact'
import { isAnswered } from '../../is-answered.ts'
import { useWords } from '../../language.ts'
import { toTime } from '../../parts/format.ts'
import { type DetailWords, detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'
import { DetailActions } from './actions.tsx'
import type { Progress } from './use-progress.ts'

/** The head of an exchange: what was requested, the status, the times, and what can be done with it. */
export function DetailHead({ exchange, progress }: TabProps) {
  const words = useWords(detailWords)
  const { request, response, chat, session, scenario, time, firstByte, duration, hungUp } = exchange
  const wasSent = isAnswered(exchange)
  const { method, path, query } = request
  const facts: readonly (readonly [label: string, value: ComponentChildren])[] = [
    [words.facts.model, chat?.model ?? words.none],
    [words.facts.size, chat === null ? words.none : `${chat.size}${chat.count === 1 ? '' : ` × ${chat.count}`}`],
    [words.facts.session, session === '' ? words.none : session],
    [words.facts.scenario, scenario === null ? words.none : <span class="warn">{scenario.name}</span>],
    [words.facts.time, <time dateTime={time}>{new Date(time).toLocaleString([], { hour12: false })}</time>],
    [words.facts.firstByte, firstByte === undefined ? plannedFirst(progress, words) : toTime(firstByte)],
    [words.facts.total, duration === undefined ? words.running : toTime(duration)],
  ]
  return (
    <header class="stack">
      <div>
        <h1 dir="auto">{chat?.prompt || `${method} ${path}`}</h1>
        <p class="row line">
          <code dir="ltr">
            {method} {path}
            {query !== '' && `?${query}`}
          </code>
          <strong class={wasSent && response.status < 400 ? 'good' : 'bad'}>
            {wasSent ? response.status : words.noResponse}
          </strong>
          {wasSent && <span class="tag">{kindOf(response.headers['content-type'], words)}</span>}
          {response.reset && duration !== undefined && <span class="tag bad">{words.reset}</span>}
          {hungUp === true && <span class="tag warn">{words.hungUp}</span>}
          {duration === undefined && <span class="tag">{words.running}</span>}
        </p>
      </div>
      <DetailActions exchange={exchange} />
      <dl class="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  )
}

// The journal gets the measured time at the end of a response. Until then the planned time of its first event is known.
function plannedFirst({ frames, received, isOpen }: Progress, words: DetailWords): string {
  const planned = received === 0 ? undefined : frames[0]?.time
  if (!isOpen) return words.none
  return planned === undefined ? '…' : `≈ ${toTime(planned)}`
}

function kindOf(type = '', words: DetailWords): string {
  if (type.startsWith('text/event-stream')) return words.sse
  return /[/+]json\b/.test(type) ? words.json : (type.split(';')[0] ?? '') || words.noType
}
