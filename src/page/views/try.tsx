import { useRef, useState } from 'preact/hooks'
import { toChatBody, toChatHeaders } from '../chat-form.ts'
import { useWords } from '../language.ts'
import { ChatResult } from '../parts/chat-result.tsx'
import { Code } from '../parts/copy.tsx'
import { useChat } from '../parts/use-chat.ts'
import { type ChatOperation, type PageContract, useContract } from '../parts/use-contract.ts'
import { toSource } from '../request-source.ts'
import type { Route } from '../route.ts'
import { toCurl } from '../snippets/curl.ts'
import type { JsonObject } from '../../util/json-value.ts'
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
      {contract?.chat !== undefined && (
        <Try key={route.query.toString()} contract={contract} chat={contract.chat} query={route.query} />
      )}
    </div>
  )
}

interface TryProps {
  readonly contract: PageContract
  readonly chat: ChatOperation
  readonly query: URLSearchParams
}

function Try({ contract, chat, query }: TryProps) {
  const words = useWords(tryWords)
  const [entry, setEntry] = useState<TryEntry>(() => firstEntry(chat, query, words.samplePrompt))
  const { answer, send, cancel } = useChat()
  const [sent, setSent] = useState('')
  const result = useRef<HTMLElement>(null)
  const isRunning = answer?.state === 'sending' || answer?.state === 'receiving'
  const toBody = (): JsonObject => toChatBody(chat, { ...entry, references: entry.references.map(({ url }) => url) })
  return (
    <div class="try">
      <div class="stack">
        <TryForm
          chat={chat}
          entry={entry}
          change={(changes) => setEntry((now) => ({ ...now, ...changes }))}
          isRunning={isRunning}
          onSend={() => {
            setSent(entry.prompt)
            send({ url: chat.url, headers: toChatHeaders(entry), body: JSON.stringify(toBody()) })
            result.current?.scrollIntoView({ block: 'nearest' })
          }}
          onCancel={cancel}
        />
        <CurlOf
          write={() =>
            toCurl(
              toSource(
                { method: chat.method, path: chat.path, headers: toChatHeaders(entry), body: toBody() },
                contract,
              ),
            )
          }
        />
      </div>
      <section class="stack" ref={result} aria-label={words.answer}>
        {answer === undefined ? <p class="soft">{words.nothingSent}</p> : <ChatResult answer={answer} prompt={sent} />}
      </section>
    </div>
  )
}

// A reference picture makes the command long, so it is only written while it is shown.
function CurlOf({ write }: { readonly write: () => string }) {
  const words = useWords(tryWords)
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{words.curl}</summary>
      {isOpen && <Code label="curl" text={write()} />}
    </details>
  )
}
