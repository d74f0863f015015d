import { useEffect, useState } from 'preact/hooks'
import type { Summary } from '../journal.ts'

/** The pictures of an exchange that the client has received by now: all, once the response is complete. */
export function useShownPictures({ time, pictures, response, duration }: Summary): Summary['pictures'] {
  const now = Date.now() - Date.parse(time)
  const isShown = ({ event }: Summary['pictures'][number]): boolean =>
    event === undefined || (response.events?.[event] ?? 0) <= (duration ?? now)
  const [, redraw] = useState(0)
  const waiting = pictures.find((picture) => !isShown(picture))
  useEffect(() => {
    if (waiting?.event === undefined || duration !== undefined) return undefined
    const timer = setTimeout(() => redraw((number) => number + 1), (response.events?.[waiting.event] ?? 0) - now)
    return () => clearTimeout(timer)
  }, [waiting, duration, response, now])
  return pictures.filter(isShown)
}
