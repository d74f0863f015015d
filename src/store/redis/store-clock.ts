/** How long an estimate is used, in milliseconds. The clock of the store may be set back. */
const MAX_AGE = 10_000

/**
 * The clock of a store, as its replies tell. A reply is some time on its way, so an estimate is never ahead of the store:
 * the one that is least behind is the best.
 */
export class StoreClock {
  /** The store's clock minus `performance.now()`, in milliseconds. */
  #offset = 0
  #learned = -Infinity

  /** Takes a time in a reply that has just arrived, in microseconds. */
  learn(microseconds: number): void {
    const now = performance.now()
    const offset = microseconds / 1000 - now
    if (offset < this.#offset && now < this.#learned + MAX_AGE) return
    this.#offset = offset
    this.#learned = now
  }

  /** The time of the store in some milliseconds, in microseconds. */
  in(milliseconds: number): number {
    return Math.floor((performance.now() + this.#offset + milliseconds) * 1000)
  }
}
