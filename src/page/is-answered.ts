import type { Exchange } from '../journal/exchange.ts'

/** Whether the client has received something, or still can. Otherwise the recorded status was never sent. */
export function isAnswered({ duration, firstByte }: Pick<Exchange, 'duration' | 'firstByte'>): boolean {
  return duration === undefined || firstByte !== undefined
}
