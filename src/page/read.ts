import { useEffect, useState } from 'preact/hooks'

/** What was read: the value, or why it could not be read. Both are undefined at first. */
export interface Reading<T> {
  readonly value: T | undefined
  readonly error: string | undefined
}

/** Reads a value, and again when one of the inputs has changed. Until the new value is there, the old one stays. */
export function useRead<T>(load: () => Promise<T>, inputs: readonly unknown[]): Reading<T> {
  const [reading, set] = useState<Reading<T>>({ value: undefined, error: undefined })
  useEffect(() => {
    let isLatest = true
    load().then(
      (value) => isLatest && set({ value, error: undefined }),
      (error: unknown) =>
        isLatest && set((now) => ({ value: now.value, error: error instanceof Error ? error.message : String(error) })),
    )
    return () => {
      isLatest = false
    }
  }, inputs)
  return reading
}
