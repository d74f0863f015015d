import { setTimeout as sleep } from 'node:timers/promises'
import type { AppContext } from './context.ts'
import type { Timer } from './settings.ts'

/** Waits in real time. */
export const realTimer: Timer = async (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal })

/** The waits of one response, before and after its headers. A disconnect or a shutdown stops them. */
export class Waits {
  /** The error of a timer that failed. */
  error: unknown
  readonly #timer: Timer
  readonly #sources: readonly AbortSignal[]
  readonly #stop = new AbortController()
  #due = performance.now()

  constructor(c: AppContext) {
    const { timer, ending } = c.get('mock')
    this.#timer = timer
    this.#sources = [ending, c.req.raw.signal]
    for (const source of this.#sources) source.addEventListener('abort', this.#abort)
    if (this.#sources.some(({ aborted }) => aborted)) this.#abort()
  }

  /** Aborts when the waits stop. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Waits. Returns false if it was stopped. If a wait takes too long, the next ones are shorter. */
  async pass(ms: number): Promise<boolean> {
    if (this.signal.aborted) return false
    this.#due += ms
    const left = this.#timer === realTimer ? Math.min(ms, this.#due - performance.now()) : ms
    if (left <= 0) return true
    try {
      await this.#timer(left, this.signal)
      return !this.signal.aborted
    } catch (error) {
      if (!this.signal.aborted) this.error = error
      return false
    }
  }

  /** Removes the listeners from the signals. */
  end(): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.#stop.abort()
}
