import { hash } from 'node:crypto'
import { ApiError } from '../errors/api-error.ts'
import { OF_KEY } from '../scenarios/choose.ts'
import type { AppContext } from './context.ts'

/** How a key begins that stands for a session by name. */
export const SESSION_KEY = 'session-'

/** Whose memory a request belongs to: the name that it gives, else what its key stands for, else the one that all share who have neither. */
export function sessionOf({ req }: AppContext): string {
  const name = req.header('x-mock-session')
  if (name !== undefined) return checkName(name)
  const key = /^Bearer\s+(\S+)\s*$/i.exec(req.header('authorization') ?? '')?.[1]
  if (key?.startsWith(SESSION_KEY) === true) return checkName(key.slice(SESSION_KEY.length))
  return key === undefined ? '' : `${OF_KEY}${hash('sha256', key, 'hex').slice(0, 16)}`
}

/** What a session can be called: not as that of a key is. */
export const SESSION_NAME = /^(?!key-)[\x21-\x7e]{1,100}$/
/** The same in words, behind a verb. */
export const SESSION_NAMES = `1 to 100 characters of printable ASCII, without spaces, that do not begin with ${OF_KEY}`

function checkName(name: string): string {
  if (SESSION_NAME.test(name)) return name
  throw new ApiError('invalid_header', {
    param: 'x-mock-session',
    reason: `Invalid value for 'x-mock-session': write ${SESSION_NAMES}.`,
  })
}
