import { useState } from 'preact/hooks'

/** Runs an action that a user has started. Returns why the last one failed, and a function that runs one. */
export function useAction(): readonly [error: string | undefined, run: (action: () => Promise<void>) => void] {
  const [error, setError] = useState<string>()
  const run = (action: () => Promise<void>): void => {
    setError(undefined)
    action().catch((failed: unknown) => setError(failed instanceof Error ? failed.message : String(failed)))
  }
  return [error, run]
}
