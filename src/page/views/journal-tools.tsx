import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { controlHeaders, control, read, urlOf } from '../control.ts'
import { useJournal } from '../journal.ts'
import { useWords } from '../language.ts'
import { useAction } from '../parts/use-action.ts'
import { saveAs } from '../parts/save-as.ts'
import { hrefOf } from '../route.ts'
import { journalWords } from '../words/journal.ts'

const FORMATS = [
  { name: 'JSONL', type: 'application/x-ndjson', file: 'exchanges.jsonl' },
  { name: 'HAR', type: 'application/har+json', file: 'exchanges.har' },
] as const

/** The search field of the journal, and the buttons that act on the whole list. */
export function JournalTools({
  field,
  isGrouped,
  setGrouped,
}: {
  readonly field: RefObject<HTMLInputElement | null>
  readonly isGrouped: boolean
  readonly setGrouped: (isGrouped: boolean) => void
}) {
  const words = useWords(journalWords)
  const { exchanges, search, error, isPaused, setPaused } = useJournal()
  const [failure, run] = useAction()
  const q = search === '' ? {} : { q: search }
  const erase = async (): Promise<void> => {
    if (confirm(search === '' ? words.eraseAll : words.eraseFound(exchanges.length)))
      await read(control.exchanges.$delete({ query: q, header: {} }))
  }
  return (
    <div class="filters">
      <SearchField field={field} />
      <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
        {isPaused ? words.follow : words.pause}
      </button>
      <button type="button" aria-pressed={isGrouped} onClick={() => setGrouped(!isGrouped)}>
        {words.group}
      </button>
      {FORMATS.map(({ name, type, file }) => (
        <button key={name} type="button" onClick={() => run(async () => download(q, type, file))}>
          {words.export} {name}
        </button>
      ))}
      <button type="button" onClick={() => run(erase)}>
        {words.erase}
      </button>
      <p id="search-error" class="bad" role="alert">
        {error ?? failure}
      </p>
    </div>
  )
}

// Searches while the user types, and at once with Enter.
function SearchField({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const words = useWords(journalWords)
  const { search, error } = useJournal()
  const [typed, setTyped] = useState(search)
  useEffect(() => {
    if (typed.trim() !== search) setTyped(search)
  }, [search])
  useEffect(() => {
    if (typed.trim() === search) return undefined
    const timer = setTimeout(() => find(typed), WAIT)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        find(typed)
      }}
    >
      <input
        ref={field}
        type="search"
        value={typed}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        placeholder={words.searchHint}
        aria-label={words.search}
        aria-invalid={error !== undefined}
        aria-describedby="search-error"
      />
    </form>
  )
}

/** Milliseconds after the last key until the journal is searched. */
const WAIT = 400

// Replaces the address, so that the browser's history does not keep each letter.
function find(text: string): void {
  location.replace(hrefOf('journal', '', { q: text.trim() }))
}

async function download(query: { readonly q?: string }, accept: string, file: string): Promise<void> {
  const url = `${urlOf('/__mock/exchanges')}?${new URLSearchParams({ ...query }).toString()}`
  const response = await fetch(url, { headers: { ...controlHeaders(), accept } })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  saveAs(await response.blob(), file)
}
