import { memo } from '../parts/memo.ts'
import { type Summary, MAX_LISTED, useJournal } from '../journal.ts'
import { useWords } from '../language.ts'
import { urlOf } from '../control.ts'
import { isAnswered } from '../is-answered.ts'
import { hrefOf } from '../route.ts'
import { journalWords } from '../words/journal.ts'
import { timeOfDay, toTime } from '../parts/format.ts'
import { useShownPictures } from '../parts/shown-pictures.ts'

/** The exchanges that match the search, the newest first, or by session. */
export function ExchangeList({ chosen, isGrouped }: { readonly chosen: string; readonly isGrouped: boolean }) {
  const words = useWords(journalWords)
  const { exchanges, search } = useJournal()
  const groups = isGrouped ? Map.groupBy(exchanges, ({ session }) => session) : new Map([[undefined, exchanges]])
  const count = exchanges.length === MAX_LISTED ? words.newest(MAX_LISTED) : words.count(exchanges.length)
  return (
    <>
      <p class="soft" role="status">
        {exchanges.length === 0 ? words.nothing : count}
      </p>
      {[...groups].map(([session, list]) => (
        <div key={session} class="group">
          {session !== undefined && <h2>{session === '' ? words.noSession : session}</h2>}
          <ol class="exchanges">
            {list.map((exchange) => (
              <Row key={exchange.id} exchange={exchange} isChosen={exchange.id === chosen} search={search} />
            ))}
          </ol>
        </div>
      ))}
    </>
  )
}

interface RowProps {
  readonly exchange: Summary
  readonly isChosen: boolean
  readonly search: string
}

const Row = memo(({ exchange, isChosen, search }: RowProps) => {
  const words = useWords(journalWords)
  const { id, time, session, chat, request, response, scenario, violations, firstByte, duration, hungUp, model } =
    exchange
  const [picture] = useShownPictures(exchange)
  const what = chat?.prompt ?? `${request.method} ${request.path}`
  const isOpen = duration === undefined
  const wasSent = isAnswered(exchange)
  return (
    <li data-open={isOpen ? '' : undefined}>
      <a href={hrefOf('journal', id, { q: search })} aria-current={isChosen ? 'true' : undefined}>
        {picture === undefined ? (
          <span class="thumb" />
        ) : (
          <img class="thumb" src={urlOf(picture.path)} alt="" width="48" height="48" loading="lazy" decoding="async" />
        )}
        <span class="what" dir="auto">
          {what}
        </span>
        <span class={`status ${wasSent && response.status < 400 ? 'good' : 'bad'}`}>
          {wasSent ? response.status : words.noResponse}
        </span>
        <span class="more">
          <time dateTime={time}>{timeOfDay(time)}</time>
          {model !== null && <span>{model}</span>}
          {wasSent && <span>{response.stream ? words.sse : words.json}</span>}
          {session !== '' && <span>{session}</span>}
          {scenario !== null && <span class="warn">{scenario.name}</span>}
          {violations > 0 && <span class="bad">{words.violations(violations)}</span>}
          {response.reset && !isOpen && <span class="bad">{words.reset}</span>}
          {hungUp === true && <span class="warn">{words.hungUp}</span>}
        </span>
        <Times firstByte={firstByte} duration={duration} />
      </a>
    </li>
  )
})

// First byte and total. Both are the same if the response is not a stream.
function Times({ firstByte, duration }: Pick<Summary, 'firstByte' | 'duration'>) {
  const words = useWords(journalWords)
  if (duration === undefined) return <span class="status soft">{words.running}</span>
  const total = toTime(duration)
  const first = firstByte === undefined ? undefined : toTime(firstByte)
  return (
    <span class="status soft">
      {first !== undefined && first !== total && (
        <>
          <span class="hidden">{words.firstByte} </span>
          {first} /{' '}
        </>
      )}
      <span class="hidden">{words.total} </span>
      {total}
    </span>
  )
}
