/**
 * The next turn of the event loop, the same for all that wait for it. So what came in one turn is all read, then answered
 * step by step together, then written: a system call between two answers makes the processor forget what it has learned of
 * our code, which halves the answers a second.
 */
export function nextTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined
      resolve()
    })
  })
  return turn
}

let turn: Promise<void> | undefined
