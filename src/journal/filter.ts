import type { Exchange } from './exchange.ts'

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
