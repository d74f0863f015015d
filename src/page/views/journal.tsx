import { useEffect, useRef, useState } from 'preact/hooks'
import { ExchangeDetail } from './exchange-detail.tsx'
import { ExchangeList } from './exchange-list.tsx'
import { QuickStart } from './quick-start.tsx'
import { type Route, hrefOf, readRoute } from '../route.ts'
import { type Journal, useJournal } from '../journal.ts'
import { useKeys } from '../keys.ts'
import { useWords } from '../language.ts'
import { journalWords } from '../words/journal.ts'
import { JournalTools } from './journal-tools.tsx'

/** The journal: a list of exchanges, and one of them beside it. Without exchanges, how to send the first request. */
export function JournalView({ route }: { readonly route: Route }) {
  const words = useWords(journalWords)
  const journal = useJournal()
  const [isGrouped, setGrouped] = useState(false)
  const search = useRef<HTMLInputElement>(null)
  const id = route.id === 'latest' ? (journal.exchanges[0]?.id ?? '') : route.id
  useKeys({
    j: () => move(journal, 1),
    k: () => move(journal, -1),
    '/': () => search.current?.focus(),
    p: () => journal.setPaused(!journal.isPaused),
  })
  useEffect(() => document.querySelector('.exchanges [aria-current]')?.scrollIntoView({ block: 'nearest' }), [id])
  if (journal.exchanges.length === 0 && journal.search === '' && id === '')
    return journal.isRead ? <QuickStart /> : null
  return (
    <div class="journal" data-open={id === '' ? undefined : ''}>
      <section class="list stack" aria-label={words.list}>
        {id === '' && <h1 class="hidden">{words.list}</h1>}
        <JournalTools field={search} isGrouped={isGrouped} setGrouped={setGrouped} />
        <ExchangeList chosen={id} isGrouped={isGrouped} />
      </section>
      <section class="stack" aria-live="off">
        {id === '' ? (
          <p class="soft">{words.choose}</p>
        ) : (
          <>
            <a class="back" href={hrefOf('journal', '', { q: journal.search })}>
              ← {words.back}
            </a>
            <ExchangeDetail key={id} id={id} />
          </>
        )}
      </section>
    </div>
  )
}

// From where the URL is now: a key may be pressed again before the page is drawn.
function move({ exchanges, search }: Journal, by: number): void {
  const { id } = readRoute(location.hash)
  const at = id === 'latest' ? 0 : exchanges.findIndex((exchange) => exchange.id === id)
  const next = exchanges[at < 0 ? 0 : Math.min(exchanges.length - 1, Math.max(0, at + by))]
  if (next !== undefined) location.hash = hrefOf('journal', next.id, { q: search })
}
