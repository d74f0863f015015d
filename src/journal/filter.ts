import { isMeant } from '../chat/profile.ts'
import { type Exchange, modelOfExchange } from './exchange.ts'

/**
 * Selects Exchanges. An Exchange must match all fields that are set.
 * @example
 * await mock.exchanges({ model: 'flux-*', status: '4xx', limit: 1 }) // the latest one with an error of the client
 */
export interface Filter {
  /** The name of a session. */
  readonly session?: string
  /** The name of a model, or a family as `name-*`. */
  readonly model?: string
  /** A status such as `429`, or a class such as `4xx`. */
  readonly status?: number | string
  /** The id of an operation, its path, or `POST /path`. */
  readonly operation?: string
  /** The name of a scenario. */
  readonly scenario?: string
  /** Whether a chat request requested a stream; for other requests, whether the response is one. */
  readonly stream?: boolean
  /** The requested path. `/v1/*` matches all paths that start with `/v1/`. */
  readonly path?: string
  /** The id of an Exchange: only later ones are selected. */
  readonly since?: string
  /** How many to return, 1 to 100,000: the newest ones. */
  readonly limit?: number
}

/** A status in a Filter: `429` or `4xx`. */
export const STATUS = /^(?:\d{3}|\d[xX]{2})$/
/** The highest `limit` of a Filter. */
export const MAX_LIMIT = 100_000

interface FilterField {
  /** The allowed values in words, for an error message. */
  readonly allowed: string
  /** For the control API's OpenAPI document. */
  readonly description: string
  readonly isValid: (value: unknown) => boolean
}

const text = (allowed: string, description: string): FilterField => {
  return { allowed, description, isValid: (value) => typeof value === 'string' }
}

/** The fields of a Filter. They are also the query parameters of the control API. */
export const FILTER_FIELDS: Readonly<Record<keyof Filter, FilterField>> = {
  session: text('the name of a session', 'The name of a session'),
  model: text("the name of a model, or a family such as 'name-*'", 'The name of a model, or a family such as name-*'),
  status: {
    allowed: "a status such as 429, or a class such as '4xx'",
    description: 'A status such as 429, or a class such as 4xx',
    isValid: (value) => ['string', 'number'].includes(typeof value) && STATUS.test(String(value)),
  },
  operation: text(
    "the id of an operation, its path, or 'POST /path'",
    'The id of an operation, its path, or POST /path',
  ),
  scenario: text('the name of a scenario', 'The name of a scenario'),
  stream: {
    allowed: 'true or false',
    description: 'Whether a stream was requested',
    isValid: (value) => typeof value === 'boolean',
  },
  path: text("a path, or its beginning such as '/path/*'", 'The requested path, or its beginning such as /path/*'),
  since: text('the id of an Exchange', 'The id of an Exchange: only later ones are selected'),
  limit: {
    allowed: `a whole number from 1 to ${MAX_LIMIT}`,
    description: 'How many to return: the newest ones',
    isValid: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_LIMIT,
  },
}

/** Returns the filter. Throws a RangeError for an unknown field or an invalid value. */
export function checkFilter(filter: Filter = {}): Filter {
  const names = Object.keys(FILTER_FIELDS).join(', ')
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new RangeError(`filter: it is not an object. Its fields are ${names}.`)
  for (const [name, value] of Object.entries(filter)) {
    if (!isField(name)) throw new RangeError(`filter: unknown field '${name.slice(0, 64)}'. Use ${names}.`)
    const { allowed, isValid } = FILTER_FIELDS[name]
    if (value !== undefined && !isValid(value))
      throw new RangeError(`filter: '${String(value).slice(0, 64)}' is not a valid ${name}. Use ${allowed}.`)
  }
  return filter
}

function isField(name: string): name is keyof Filter {
  return Object.hasOwn(FILTER_FIELDS, name)
}

/** The Exchanges that match, oldest first. */
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
    (model === undefined || isMeant(model, modelOfExchange(exchange) ?? '')) &&
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

// Ids are numbers, or texts that sort by age.
function isAfter(id: string, since: string): boolean {
  const [a, b] = [Number(id), Number(since)]
  return Number.isNaN(a) || Number.isNaN(b) ? id > since : a > b
}
