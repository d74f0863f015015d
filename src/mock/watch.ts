import { watch } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** What a change of a file settles into, in milliseconds: editors write a file in several steps. */
const SETTLED = 100

/** Calls back when something changes in the folder of a file, or in a folder and those below it; gives what ends it. */
export function watchFiles(
  { spec, fixtures }: { readonly spec?: string; readonly fixtures?: string },
  onChange: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(onChange, SETTLED)
  }
  const folders = [
    ...(spec === undefined ? [] : [dirname(resolve(spec))]),
    ...(fixtures === undefined ? [] : [resolve(fixtures)]),
  ]
  const watchers = folders.map((folder) =>
    watch(folder, { recursive: true, persistent: false }, changed).on('error', () => {}),
  ) // a folder that is gone changes no more
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
