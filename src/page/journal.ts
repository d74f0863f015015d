import { createContext } from 'preact'
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ControlError, control, read } from './control.ts'
import type { Connection, LiveMessage } from './events.ts'
import { type Live, subscribe } from './live.ts'

/** An Exchange without its headers and bodies. */
export type Summary = Awaited<ReturnType<typeof readSummaries>>[number]

/** What the page knows of the journal. */
export interface Journal {
  /** The newest first. */
  readonly exchanges: readonly Summary[]
  /** Whether the list was read. */
  readonly isRead: boolean
  readonly connection: Connection | undefined
  /** Grows with each change of the data, so that a view knows when to read again. */
  readonly version: number
  /** The filter of the list, in the grammar of `q`. */
  readonly search: string
  /** Why the search is not valid. */
  readonly error: string | undefined
  readonly isPaused: boolean
  readonly setPaused: (isPaused: boolean) => void
  /** Connects again, with the token that is set now. */
  readonly restart: () => void
}

/** The number of exchanges in the list at most: the newest ones. */
export const MAX_LISTED = 1000

/** Milliseconds in which events are collected before the list is read again. */
const COLLECT = 150

export const JournalContext = createContext<Journal | undefined>(undefined)

/** The journal of the page. */
export function useJournal(): Journal {
  const journal = useContext(JournalContext)
  if (journal === undefined) throw new Error('useJournal: there is no JournalContext around this view')
  return journal
}

async function readSummaries(q: string) {
  const query = { limit: String(MAX_LISTED), ...(q === '' ? {} : { q }) }
  const { exchanges } = await read(control.summaries.$get({ query, header: {} }))
  return exchanges
}

/** Reads the journal, and reads it again after each change. For the root of the page only. */
export function useLiveJournal(search: string): Journal {
  const [list, setList] = useState<Pick<Journal, 'exchanges' | 'isRead' | 'error'>>(UNREAD)
  const [connection, setConnection] = useState<Connection>()
  const [version, setVersion] = useState(0)
  const [isPaused, setPaused] = useState(false)
  const live = useRef<Live>(undefined)
  const hold = useRef(false)
  hold.current = isPaused

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const refresh = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        setVersion((number) => number + 1)
      }, COLLECT)
    }
    const hear = (message: LiveMessage): void => {
      if ('connection' in message) setConnection(message.connection)
      if (!('connection' in message) || message.connection === 'live') refresh()
    }
    live.current = subscribe(hear)
    return () => {
      clearTimeout(timer)
      live.current?.close()
    }
  }, [])

  useEffect(() => {
    if (hold.current) return undefined
    let isLatest = true
    readSummaries(search).then(
      (exchanges) => isLatest && setList({ exchanges: exchanges.toReversed(), isRead: true, error: undefined }),
      (error: unknown) => {
        if (!isLatest || !(error instanceof ControlError)) return
        const isInvalid = error.status === 400 // the list of another search would be misleading
        setList((now) => ({ ...now, ...(isInvalid ? { exchanges: [] } : {}), error: error.message }))
      },
    )
    return () => {
      isLatest = false
    }
  }, [search, version, isPaused])

  return useMemo(
    () => ({
      ...list,
      connection,
      version,
      search,
      isPaused,
      setPaused,
      restart: () => live.current?.restart(),
    }),
    [list, connection, version, search, isPaused],
  )
}

const UNREAD = { exchanges: [], isRead: false, error: undefined }
