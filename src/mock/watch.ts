import { type Stats, unwatchFile, watchFile } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { OnRead } from '../openapi/document.ts'

/** Milliseconds between two looks at a path. */
const INTERVAL = 150

/** Milliseconds without a change until the files are read again, because editors and Git write in several steps. */
const QUIET = 200

/** What happens after a change. */
interface Reloading<T> {
  /** Ends the watching. */
  readonly signal: AbortSignal
  /** Called with what was loaded, and the files that changed since the last successful load. */
  readonly onLoaded: (loaded: T, files: readonly string[]) => void
  /** Called with what a reload threw. */
  readonly onError: (error: unknown) => void
}

/**
 * Loads, and loads again after each change of a path that `load` passed to its `onRead`. Loads one at a time: a change
 * during a load is followed by another load. Does not keep the process alive.
 */
export async function loadAndWatch<T>(
  load: (onRead: OnRead) => Promise<T>,
  { signal, onLoaded, onError }: Reloading<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isLoading = false
  let unused: readonly string[] = [] // changed files whose load failed
  const reloadLater = (): void => {
    if (isLoading || signal.aborted || !paths.hasChanged) return
    clearTimeout(timer)
    timer = setTimeout(() => void reload(), QUIET).unref()
  }
  const paths = new WatchedPaths(reloadLater)
  const alone = async <R>(task: () => Promise<R>): Promise<R> => {
    isLoading = true
    try {
      return await task()
    } finally {
      isLoading = false
      reloadLater()
    }
  }
  const reload = async (): Promise<void> =>
    alone(async () => {
      const files = await paths.takeChanges()
      if (files.length === 0) return
      unused = [...new Set([...unused, ...files])]
      const loaded = await paths.watchReads(load)
      if (signal.aborted) return
      onLoaded(loaded, unused)
      unused = []
    }).catch((error: unknown) => {
      if (!signal.aborted) onError(error)
    })
  const stop = (): void => {
    clearTimeout(timer)
    paths.close()
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await alone(async () => paths.watchReads(load))
  } catch (error) {
    stop()
    throw error
  }
}

/** The files and folders that the last load read, and those of failed loads since then. */
class WatchedPaths {
  readonly #onChange: () => void
  readonly #unwatch = new Map<string, () => void>()
  readonly #folders = new Map<string, (name: string) => boolean>()
  readonly #changed = new Set<string>()
  #isClosed = false

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0
  }

  /** Loads, and watches what is read, each path from before it is read. */
  async watchReads<T>(load: (onRead: OnRead) => Promise<T>): Promise<T> {
    const read = new Set<string>()
    const loaded = await load((path, isRead) => {
      read.add(path)
      if (isRead !== undefined) this.#folders.set(path, isRead)
      this.#watch(path)
    })
    for (const [path, unwatch] of this.#unwatch) {
      if (read.has(path)) continue
      unwatch()
      this.#unwatch.delete(path)
    }
    return loaded
  }

  /** The files that changed since the last call. Those that are new in a folder count, if a load would read them. */
  async takeChanges(): Promise<string[]> {
    const paths = [...this.#changed]
    this.#changed.clear()
    const files = paths.map(async (path) => {
      const isRead = this.#folders.get(path)
      if (isRead === undefined) return [path]
      const names = await readdir(path).catch(() => []) // the folder was deleted
      return names
        .filter(isRead)
        .map((name) => join(path, name))
        .filter((file) => !this.#unwatch.has(file))
    })
    return (await Promise.all(files)).flat()
  }

  close(): void {
    this.#isClosed = true
    for (const unwatch of this.#unwatch.values()) unwatch()
    this.#unwatch.clear()
  }

  #watch(path: string): void {
    if (this.#isClosed || this.#unwatch.has(path)) return
    const isListed = this.#folders.has(dirname(path))
    const unwatch = watchPath(path, (isStillMissing) => {
      if (isStillMissing && !isListed) return
      this.#changed.add(path)
      this.#onChange()
    })
    this.#unwatch.set(path, unwatch)
  }
}

/**
 * Calls back when a path has changed, appeared or disappeared, and once if it does not exist at the beginning
 * (`isStillMissing`). Returns a function that stops it. It looks at the path again and again, because `fs.watch`
 * follows a file that is renamed: it loses the path when an editor replaces the file or a folder is deleted and
 * created again. It also misses changes of files that are mounted from another system.
 */
function watchPath(path: string, onChange: (isStillMissing: boolean) => void): () => void {
  const absolute = resolve(path) // the working directory may change until the end
  const listener = (now: Stats, before: Stats): void => onChange(now.ctimeMs === 0 && before.ctimeMs === 0)
  watchFile(absolute, { persistent: false, interval: INTERVAL }, listener).setMaxListeners(0) // one for each mock
  return () => unwatchFile(absolute, listener)
}
