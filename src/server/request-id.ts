import { randomFillSync } from 'node:crypto'

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab'
// Random bytes cost as much by the thousand as one by one.
const pool = Buffer.alloc(4096)
let used = pool.length
let second = { at: 0, text: '' }

/** A new request id in the gateway's form [S]: UTC date and time, nine digits of a second's fraction, eight random characters. */
export function createRequestId(): string {
  const now = performance.timeOrigin + performance.now()
  const at = Math.floor(now / 1000)
  if (second.at !== at) second = { at, text: new Date(at * 1000).toISOString().slice(0, 19).replaceAll(/\D/g, '') }
  const fraction = Math.floor((now - at * 1000) * 1_000_000)
  if (used + 8 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let random = ''
  for (let i = 0; i < 8; i++) random += CHARACTERS[(pool[used++] ?? 0) & 63]
  return second.text + String(fraction).padStart(9, '0') + random
}
