import { setTimeout as sleep } from 'node:timers/promises'
import type { AppContext } from './context.ts'
import type { Timer } from './settings.ts'

/** Waits in real time. */
export const realTimer: Timer = async (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal })

/** The waits of one answer: before its head, and between its frames. They stop when the client disconnects or the mock ends. */
export class Waits {
  /** Why a timer failed by itself. */
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

  /** Aborts when nothing is to be waited for any more. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Waits so many milliseconds; false if it was stopped. What a busy process or a slow reader was late, the next waits make up for. */
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

  /** Lets go of the signals. */
  end(): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.#stop.abort()
}
