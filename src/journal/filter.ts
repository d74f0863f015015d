import type { Exchange } from './exchange.ts'

/** What a filter says of a status. */
export const STATUS = /^(?:\d{3}|\d[xX]{2})$/
/** The Exchanges that one answer tells at most. */
export const MAX_LIMIT = 100_000

/**
 * Which Exchanges are meant; what is not said fits all.
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
  /** The path that was asked for; with `*` at its end what it begins with. */
  readonly path?: string
  /** Only Exchanges after the one with this id. */
  readonly since?: string
  /** The newest ones, at most so many. */
  readonly limit?: number
}

const isText = (value: unknown): boolean => typeof value === 'string'

const RULES: Readonly<Record<keyof Filter, { readonly allowed: string; readonly fits: (value: unknown) => boolean }>> =
  {
    session: { allowed: 'a name', fits: isText },
    model: { allowed: "a name, or a family as 'name-*'", fits: isText },
    status: {
      allowed: "429, or '4xx'",
      fits: (value) => ['string', 'number'].includes(typeof value) && STATUS.test(String(value)),
    },
    operation: { allowed: "an operation's id, its path, or 'POST /path'", fits: isText },
    scenario: { allowed: 'a name', fits: isText },
    stream: { allowed: 'true or false', fits: (value) => typeof value === 'boolean' },
    path: { allowed: 'a path, or with * at its end what it begins with', fits: isText },
    since: { allowed: 'the id of an Exchange', fits: isText },
    limit: {
      allowed: `a whole number from 1 to ${MAX_LIMIT}`,
      fits: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_LIMIT,
    },
  }

/** A filter as it is given; a RangeError names what of it is not known, or says nothing. */
export function checkFilter(filter: Filter = {}): Filter {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new RangeError(`filter: write it as an object; there are ${Object.keys(RULES).join(', ')}`)
  for (const [name, value] of Object.entries(filter)) {
    const rule = isKey(name) ? RULES[name] : undefined
    if (rule === undefined)
      throw new RangeError(`filter: '${name.slice(0, 64)}' is not known; there are ${Object.keys(RULES).join(', ')}`)
    if (value !== undefined && !rule.fits(value))
      throw new RangeError(`filter: '${String(value).slice(0, 64)}' is no ${name}; use ${rule.allowed}`)
  }
  return filter
}

function isKey(name: string): name is keyof Filter {
  return Object.hasOwn(RULES, name)
}

/** The Exchanges that fit, the oldest first. */
export function selectExchanges(exchanges: readonly Exchange[], filter: Filter): Exchange[] {
  const { limit } = filter
  const fitting = exchanges.filter((exchange) => fits(exchange, filter))
  return limit === undefined ? fitting : fitting.slice(Math.max(0, fitting.length - Math.max(0, limit)))
}

function fits(exchange: Exchange, filter: Filter): boolean {
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

function isMeant(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

function isStatus(pattern: string, status: number): boolean {
  return pattern.toLowerCase() === String(status) || pattern.toLowerCase() === `${Math.floor(status / 100)}xx`
}

function isOperation(asked: string, operation: Exchange['operation']): boolean {
  return operation !== null && [operation.id, operation.path, `${operation.method} ${operation.path}`].includes(asked)
}

// Ids are numbers, or else they sort as text does.
function isAfter(id: string, since: string): boolean {
  const [a, b] = [Number(id), Number(since)]
  return Number.isNaN(a) || Number.isNaN(b) ? id > since : a > b
}
