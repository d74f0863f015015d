let last = Promise.resolve()

/**
 * Waits for the next turn of the event loop, or for a later one if others wait already. So each turn has one of them,
 * and other requests are served between them.
 */
export async function nextTurn(): Promise<void> {
  last = last.then(async () => new Promise((resolve) => void setImmediate(resolve)))
  await last
}
