import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MB = 1_048_576

/** Bytes outside the heap that are in use after a garbage collection. */
export function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

/** MB that are in use in addition to `before`. Poll it: memory is freed in the background. */
export function growthSince(before: number): number {
  return (bytesInUse() - before) / MB
}
