/** Counts the responses that are not complete. */
export class InFlight {
  readonly #open = new Set<object>()
  #settle: (() => void) | undefined

  /** Counts a response. Call the returned function when it has ended; further calls do nothing. */
  begin(): () => void {
    const one = {}
    this.#open.add(one)
    return () => {
      if (this.#open.delete(one) && this.#open.size === 0) this.#settle?.()
    }
  }

  /** Waits until all responses are complete, for `seconds` at most. */
  async settled(seconds: number): Promise<void> {
    if (this.#open.size === 0 || seconds === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#settle = resolve
      timer = setTimeout(resolve, seconds * 1000)
    })
    clearTimeout(timer)
  }
}
