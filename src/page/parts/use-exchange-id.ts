import { useEffect, useState } from 'preact/hooks'
import { control, read } from '../control.ts'
import { useJournal } from '../journal.ts'

/** The number of exchanges that are searched: the newest. */
const SEARCHED = 20

/** The id of the exchange with an `x-request-id`. Undefined until the journal has it. */
export function useExchangeId(requestId: string | undefined): string | undefined {
  const { version } = useJournal()
  const [found, set] = useState<{ readonly requestId: string; readonly id: string }>()
  const id = found !== undefined && found.requestId === requestId ? found.id : undefined
  useEffect(() => {
    if (requestId === undefined || id !== undefined) return
    find(requestId).then(
      (exchange) => exchange && set({ requestId, id: exchange.id }),
      () => undefined, // the journal cannot be read: there is no link
    )
  }, [requestId, id, version])
  return id
}

async function find(requestId: string) {
  const { exchanges } = await read(control.exchanges.$get({ query: { limit: String(SEARCHED) }, header: {} }))
  return exchanges.find(({ response }) => response.headers['x-request-id'] === requestId)
}
