import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MB = 1_048_576

/** Bytes outside the heap that are in use after a collection of garbage. */
export function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

/** MB that are in use more than before. To be polled: what is let go is swept behind the scenes. */
export function heldSince(before: number): number {
  return (bytesInUse() - before) / MB
}
