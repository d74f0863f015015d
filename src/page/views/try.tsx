import { useRef, useState } from 'preact/hooks'
import { toChatBody, toChatHeaders } from '../chat-form.ts'
import type { ChatRequest } from '../chat-client.ts'
import { useWords } from '../language.ts'
import { ChatResult } from '../parts/chat-result.tsx'
import { useChat } from '../parts/use-chat.ts'
import { type PageContract, useContract } from '../parts/use-contract.ts'
import type { Route } from '../route.ts'
import { shellWords } from '../words/shell.ts'
import { tryWords } from '../words/try.ts'
import { TryForm } from './try/form.tsx'
import { type TryEntry, firstEntry } from './try/entry.ts'

/** Try it: a form that is made from the contract, and the answer while it is received. */
export function TryView({ route }: { readonly route: Route }) {
  const words = useWords(tryWords)
  const shell = useWords(shellWords)
  const { value: contract, error } = useContract()
  return (
    <div class="stack">
      <h1>{words.title}</h1>
      {error !== undefined && <p class="notice bad">{error}</p>}
      {contract === undefined && error === undefined && <p class="soft">{shell.loading}</p>}
      {contract !== undefined && contract.chat === undefined && <p class="notice">{words.noChat}</p>}
      {contract?.chat !== undefined && <Try key={route.query.toString()} chat={contract.chat} query={route.query} />}
    </div>
  )
}

function Try({ chat, query }: { readonly chat: NonNullable<PageContract['chat']>; readonly query: URLSearchParams }) {
  const words = useWords(tryWords)
  const [entry, setEntry] = useState<TryEntry>(() => firstEntry(chat, query, words.samplePrompt))
  const { answer, send, cancel } = useChat()
  const [sent, setSent] = useState('')
  const result = useRef<HTMLElement>(null)
  const isRunning = answer?.state === 'sending' || answer?.state === 'receiving'
  const request = toRequest(chat, entry)
  return (
    <div class="try">
      <TryForm
        chat={chat}
        entry={entry}
        change={(changes) => setEntry((now) => ({ ...now, ...changes }))}
        isRunning={isRunning}
        onSend={() => {
          setSent(entry.prompt)
          send(request)
          result.current?.scrollIntoView({ block: 'nearest' })
        }}
        onCancel={cancel}
      />
      <section class="stack" ref={result} aria-label={words.answer}>
        {answer === undefined ? <p class="soft">{words.nothingSent}</p> : <ChatResult answer={answer} prompt={sent} />}
      </section>
    </div>
  )
}

function toRequest(chat: NonNullable<PageContract['chat']>, entry: TryEntry): ChatRequest {
  const body = toChatBody(chat, { ...entry, references: entry.references.map(({ url }) => url) })
  return { url: chat.url, headers: toChatHeaders(entry), body: JSON.stringify(body) }
}
