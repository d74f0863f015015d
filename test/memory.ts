import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'vitest'

const MB = 1_048_576

/** Bytes outside the heap that are in use after a collection of garbage. */
export function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

/** Waits until at most so many MB more are in use than before; they are swept behind the scenes. */
export async function expectFreed(before: number, most: number, what: string): Promise<void> {
  await expect.poll(() => (bytesInUse() - before) / MB, { message: `MB that are held of ${what}` }).toBeLessThan(most)
}
