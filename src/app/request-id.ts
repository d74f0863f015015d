const CHARACTERS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab')
const SECOND = 14
const FRACTION = 9
const RANDOM = 8

const id = Buffer.alloc(SECOND + FRACTION + RANDOM)
let second = 0 // the one that stands in the id already

/**
 * A new request id in the gateway's form [S]: UTC date and time, nine digits of a second's fraction, eight random characters.
 * It is told apart from others, and is no secret: the first random bytes of `node:crypto` would cost a start 3 ms.
 */
export function createRequestId(): string {
  const now = Date.now()
  const at = Math.floor(now / 1000)
  if (at !== second) id.write(new Date(at * 1000).toISOString().slice(0, 19).replaceAll(/\D/g, ''))
  second = at
  let fraction = (now % 1000) * 1_000_000 + Math.floor(Math.random() * 1_000_000)
  for (let i = SECOND + FRACTION; i > SECOND; fraction = Math.floor(fraction / 10)) id[--i] = 48 + (fraction % 10)
  for (let i = SECOND + FRACTION; i < id.length; i++)
    id[i] = CHARACTERS[Math.floor(Math.random() * CHARACTERS.length)] ?? 0
  return id.toString('latin1')
}
