import { hash } from 'node:crypto'
import { ApiError } from '../errors/api-error.ts'
import { OF_KEY } from '../scenarios/choose.ts'
import type { AppContext } from './context.ts'

/** Prefix of an API key that names a session: `session-NAME`. */
export const SESSION_KEY = 'session-'

/** The session of a request: by name, by API key, or the shared one. Throws an ApiError if the name is not valid. */
export function sessionOf({ req }: AppContext): string {
  const name = req.header('x-mock-session')
  if (name !== undefined) return checkName(name)
  const key = bearerOf(req.header('authorization'))
  if (key?.startsWith(SESSION_KEY) === true) return checkName(key.slice(SESSION_KEY.length))
  return key === undefined ? '' : `${OF_KEY}${hash('sha256', key, 'hex').slice(0, 16)}`
}

/** The key in an `Authorization` header. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1]
}

/** A valid name of a session. Sessions of API keys begin with `key-`. */
export const SESSION_NAME = /^(?!key-)[\x21-\x7e]{1,100}$/
/** The same in words, for messages. */
export const SESSION_NAMES = `1 to 100 characters of printable ASCII without spaces, not beginning with ${OF_KEY}`

function checkName(name: string): string {
  if (SESSION_NAME.test(name)) return name
  throw new ApiError('invalid_header', {
    param: 'x-mock-session',
    reason: `Invalid value for 'x-mock-session': use ${SESSION_NAMES}.`,
  })
}
