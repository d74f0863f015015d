/** The answers that are not yet read to their end. */
export class InFlight {
  readonly #open = new Set<object>()
  #settle: (() => void) | undefined

  /** Counts one; what it gives is called at its end, once or more. */
  begin(): () => void {
    const one = {}
    this.#open.add(one)
    return () => {
      if (this.#open.delete(one) && this.#open.size === 0) this.#settle?.()
    }
  }

  /** Waits until there is none, for so many seconds at most. */
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
