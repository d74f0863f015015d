import { useEffect, useState } from 'preact/hooks'
import type { Summary } from '../journal.ts'

/** The pictures of an exchange that the client has received by now: all, once the response is complete. */
export function useShownPictures({ time, pictures, firstByte, duration }: Summary): Summary['pictures'] {
  const [, redraw] = useState(0)
  const now = duration ?? Date.now() - Date.parse(time) + (firstByte ?? 0)
  const next = pictures.find(({ at = 0 }) => at > now)?.at
  useEffect(() => {
    if (next === undefined || duration !== undefined) return undefined
    const timer = setTimeout(() => redraw((number) => number + 1), next - now)
    return () => clearTimeout(timer)
  })
  return pictures.filter(({ at = 0 }) => at <= now)
}
