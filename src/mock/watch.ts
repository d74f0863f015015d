import { watch } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Milliseconds without a change after which a file is read: editors write it in several steps. */
const QUIET = 100

/** Calls back after a change in the folder of `spec`, or in `fixtures` and the folders below it. The result stops watching. */
export function watchFiles(
  { spec, fixtures }: { readonly spec?: string; readonly fixtures?: string },
  onChange: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, QUIET)
  }
  const folders = [
    ...(spec === undefined ? [] : [dirname(resolve(spec))]),
    ...(fixtures === undefined ? [] : [resolve(fixtures)]),
  ]
  // A folder that is deleted does not change any more.
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true, persistent: false }, changed).on('error', () => {}),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
