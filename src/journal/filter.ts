import { isMeant } from '../chat/profile.ts'
import type { Exchange } from './exchange.ts'

/**
 * Which Exchanges are selected; a field that is not given selects all.
 * @example
 * await mock.exchanges({ model: 'flux-*', status: '4xx', limit: 1 }) // the newest one that was refused
 */
export interface Filter {
  readonly session?: string
  /** A model's name, or a family as `name-*`. */
  readonly model?: string
  /** `429`, or a class as `4xx`. */
  readonly status?: number | string
  /** An operation's id, its path, or `POST /path`. */
  readonly operation?: string
  readonly scenario?: string
  readonly stream?: boolean
  /** The requested path; with `*` at its end, its beginning. */
  readonly path?: string
  /** Only Exchanges after the one with this id. */
  readonly since?: string
  /** The newest ones, at most so many. */
  readonly limit?: number
}

/** A status in a filter: a code or a class. */
export const STATUS = /^(?:\d{3}|\d[xX]{2})$/
/** Exchanges in one answer, at most. */
export const MAX_LIMIT = 100_000

/** One field of a Filter: which values it takes, in words and as a check, and what it is in the control API's document. */
interface FilterField {
  readonly allowed: string
  readonly description: string
  readonly isValid: (value: unknown) => boolean
}

const text = (allowed: string, description: string): FilterField => {
  return { allowed, description, isValid: (value) => typeof value === 'string' }
}

/** The fields of a Filter. The control API's query parameters are made from them. */
export const FILTER_FIELDS: Readonly<Record<keyof Filter, FilterField>> = {
  session: text('a name', 'Of all sessions, those of this one'),
  model: text("a name, or a family as 'name-*'", 'A name, or a family as name-*'),
  status: {
    allowed: "429, or '4xx'",
    description: '429, or 4xx',
    isValid: (value) => ['string', 'number'].includes(typeof value) && STATUS.test(String(value)),
  },
  operation: text("an operation's id, its path, or 'POST /path'", "An operation's id, its path, or POST /path"),
  scenario: text('a name', 'The name of a scenario'),
  stream: {
    allowed: 'true or false',
    description: 'Whether the response is a stream',
    isValid: (value) => typeof value === 'boolean',
  },
  path: text('a path, or with * at its end what it begins with', 'With * at its end, what it begins with'),
  since: text('the id of an Exchange', 'Only those after the one with this id'),
  limit: {
    allowed: `a whole number from 1 to ${MAX_LIMIT}`,
    description: 'The newest ones',
    isValid: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_LIMIT,
  },
}

/** Returns the filter; a RangeError names an unknown field or a wrong value, and what is allowed. */
export function checkFilter(filter: Filter = {}): Filter {
  const names = Object.keys(FILTER_FIELDS).join(', ')
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new RangeError(`filter: write it as an object; there are ${names}`)
  for (const [name, value] of Object.entries(filter)) {
    if (!isField(name)) throw new RangeError(`filter: '${name.slice(0, 64)}' is not known; there are ${names}`)
    const { allowed, isValid } = FILTER_FIELDS[name]
    if (value !== undefined && !isValid(value))
      throw new RangeError(`filter: '${String(value).slice(0, 64)}' is no ${name}; use ${allowed}`)
  }
  return filter
}

function isField(name: string): name is keyof Filter {
  return Object.hasOwn(FILTER_FIELDS, name)
}

/** The Exchanges that match, the oldest first. */
export function selectExchanges(exchanges: readonly Exchange[], filter: Filter): Exchange[] {
  const { limit } = filter
  const matching = exchanges.filter((exchange) => matches(exchange, filter))
  return limit === undefined ? matching : matching.slice(Math.max(0, matching.length - Math.max(0, limit)))
}

function matches(exchange: Exchange, filter: Filter): boolean {
  const { session, model, status, operation, scenario, stream, path, since } = filter
  const { chat, response } = exchange
  return (
    (session === undefined || exchange.session === session) &&
    (model === undefined || (chat !== null && isMeant(model, chat.model))) &&
    (status === undefined || isStatus(String(status), response.status)) &&
    (operation === undefined || isOperation(operation, exchange.operation)) &&
    (scenario === undefined || exchange.scenario?.name === scenario) &&
    (stream === undefined || (chat?.stream ?? response.stream) === stream) &&
    (path === undefined || isMeant(path, exchange.request.path)) &&
    (since === undefined || isAfter(exchange.id, since))
  )
}

function isStatus(pattern: string, status: number): boolean {
  return [String(status), `${Math.floor(status / 100)}xx`].includes(pattern.toLowerCase())
}

function isOperation(pattern: string, operation: Exchange['operation']): boolean {
  return operation !== null && [operation.id, operation.path, `${operation.method} ${operation.path}`].includes(pattern)
}

// Ids are numbers, or sort as text does.
function isAfter(id: string, since: string): boolean {
  const [a, b] = [Number(id), Number(since)]
  return Number.isNaN(a) || Number.isNaN(b) ? id > since : a > b
}
