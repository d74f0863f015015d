import { useEffect, useState } from 'preact/hooks'
import type { Exchange } from '../../../journal/exchange.ts'
import { ROOT, control, read, urlOf } from '../../control.ts'
import { useJournal } from '../../journal.ts'
import { useKeys } from '../../keys.ts'
import { useWords } from '../../language.ts'
import { BASE_PATH, IS_TOKEN_NEEDED } from '../../page-data.ts'
import { Copy } from '../../parts/copy.tsx'
import { useExchangeId } from '../../parts/use-exchange-id.ts'
import { hrefOf } from '../../route.ts'
import { API_KEY, type SnippetSource, isOfKey } from '../../snippets/recorded.ts'
import { toFetchRequest } from '../../snippets/send-again.ts'
import { SNIPPETS } from '../../snippets/snippets.ts'
import { detailWords } from '../../words/detail.ts'

interface Props {
  readonly exchange: Exchange
}

/** What can be done with an exchange: copy it as code, send it again, link to it, delete it, go to its neighbours. */
export function DetailActions({ exchange }: Props) {
  const words = useWords(detailWords)
  const source: SnippetSource = {
    root: ROOT.replace(/\/$/, ''),
    basePath: BASE_PATH,
    exchange,
    isTokenNeeded: IS_TOKEN_NEEDED,
  }
  const hasLostKey = isOfKey(exchange.session)
  return (
    <div class="stack actions">
      <div class="row">
        <SendAgain source={source} note={hasLostKey ? KEY_NOTE : undefined} />
        <Copy text={() => location.origin + location.pathname + hrefOf('journal', exchange.id)} label={words.link} />
        <Delete exchange={exchange} />
        <Neighbours exchange={exchange} />
      </div>
      {hasLostKey && (
        <p class="soft" id={KEY_NOTE}>
          {words.otherKey(API_KEY.fallback)}
        </p>
      )}
      <CopyAs source={source} />
    </div>
  )
}

const KEY_NOTE = 'other-key'

function CopyAs({ source }: { readonly source: SnippetSource }) {
  const words = useWords(detailWords)
  return (
    <div class="row" role="group" aria-label={words.copyAs}>
      <span class="soft" aria-hidden="true">
        {words.copyAs}
      </span>
      {SNIPPETS.map(({ id, write }) => (
        <Copy
          key={id}
          text={() => write(source)}
          label={words.snippets[id]}
          {...(id === 'curl' ? { shortcut: 'c' } : {})}
        />
      ))}
    </div>
  )
}

type Sending =
  | { readonly state: 'idle' | 'sending' | 'failed' }
  | { readonly state: 'sent'; readonly requestId: string }

interface SendAgainProps {
  readonly source: SnippetSource
  /** Id of an element that describes the button. */
  readonly note: string | undefined
}

function SendAgain({ source, note }: SendAgainProps) {
  const words = useWords(detailWords)
  const { search } = useJournal()
  const [sending, set] = useState<Sending>({ state: 'idle' })
  const id = useExchangeId(sending.state === 'sent' ? sending.requestId : undefined)
  const send = async (): Promise<void> => {
    if (sending.state === 'sending') return
    set({ state: 'sending' })
    const { path, init } = toFetchRequest(source)
    try {
      const response = await fetch(urlOf(path), init)
      set({ state: 'sent', requestId: response.headers.get('x-request-id') ?? '' })
      // Without a reader the mock would see a client that has disconnected.
      await response.arrayBuffer()
    } catch {
      set((now) => (now.state === 'sent' ? now : { state: 'failed' }))
    }
  }
  useKeys({ r: () => void send() })
  useEffect(() => {
    if (id !== undefined) location.hash = hrefOf('journal', id, { q: search })
  }, [id])
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-describedby={note}
        onClick={() => void send()}
        disabled={sending.state === 'sending'}
      >
        {sending.state === 'sending' ? words.sending : words.again}
      </button>
      {sending.state === 'failed' && (
        <span class="bad" role="alert">
          {words.failed}
        </span>
      )}
    </>
  )
}

function Delete({ exchange: { id } }: Props) {
  const words = useWords(detailWords)
  const { exchanges, search } = useJournal()
  const erase = async (): Promise<void> => {
    const at = exchanges.findIndex((one) => one.id === id)
    const neighbour = exchanges[at + 1] ?? exchanges[at - 1]
    await read(control.exchanges[':id'].$delete({ param: { id }, header: {} }))
    location.hash = hrefOf('journal', neighbour?.id, { q: search })
  }
  return (
    <button type="button" class="quiet" onClick={() => void erase()}>
      {words.erase}
    </button>
  )
}

function Neighbours({ exchange: { id } }: Props) {
  const words = useWords(detailWords)
  const { exchanges, search } = useJournal()
  const at = exchanges.findIndex((one) => one.id === id)
  const links = [
    { label: words.previous, arrow: '↑', to: at < 0 ? undefined : exchanges[at - 1] },
    { label: words.next, arrow: '↓', to: at < 0 ? undefined : exchanges[at + 1] },
  ]
  return (
    <span class="row neighbours">
      {links.map(({ label, arrow, to }) =>
        to === undefined ? (
          <span key={label} class="soft" aria-hidden="true">
            {arrow}
          </span>
        ) : (
          <a key={label} class="button" href={hrefOf('journal', to.id, { q: search })} aria-label={label} title={label}>
            {arrow}
          </a>
        ),
      )}
    </span>
  )
}
