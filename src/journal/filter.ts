import type { Exchange } from './exchange.ts'
import { type FilterField, accepts, CONDITION_NAMES, CONDITIONS, conditionOf } from './filter-fields.ts'
import { MAX_QUERY, MAX_TERMS, matchesQuery, parseQuery } from './query.ts'

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
  /** The id of an Exchange: only earlier ones are selected. With `limit`, this reads a journal page by page. */
  readonly before?: string
  /** A query such as `model:flux -status:200 "a red fox"`. */
  readonly q?: string
  /** How many to return, 1 to 100,000: the newest ones. */
  readonly limit?: number
}

/** The highest `limit` of a Filter. */
export const MAX_LIMIT = 100_000

/** The fields of a Filter. They are also the query parameters of the control API. */
export const FILTER_FIELDS: Readonly<Record<keyof Filter, FilterField>> = {
  ...CONDITIONS,
  q: {
    allowed: `a query such as 'status:429 fox' with at most ${MAX_QUERY} characters and ${MAX_TERMS} terms`,
    description:
      'A query: terms such as status:429, with the names of the other filters, and texts in prompt, answer, path, note and error message. A minus sign before a term excludes what matches it.',
    types: ['string'],
  },
  limit: {
    allowed: `a whole number from 1 to ${MAX_LIMIT}`,
    description: 'How many to return: the newest ones',
    types: ['number'],
    form: /^(?:[1-9]\d{0,4}|100000)$/,
  },
}

/** Returns the filter. Throws a RangeError for an unknown field or an invalid value. */
export function checkFilter(filter: Filter = {}): Filter {
  const names = Object.keys(FILTER_FIELDS).join(', ')
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new RangeError(`filter: it is not an object. Its fields are ${names}.`)
  for (const [name, value] of Object.entries(filter)) {
    if (!isField(name)) throw new RangeError(`filter: unknown field '${name.slice(0, 64)}'. Use ${names}.`)
    const field = FILTER_FIELDS[name]
    if (value !== undefined && !accepts(field, value))
      throw new RangeError(`filter: '${String(value).slice(0, 64)}' is not a valid ${name}. Use ${field.allowed}.`)
  }
  try {
    parseQuery(filter.q ?? '')
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(`filter: q: ${error.message}`) : error
  }
  return filter
}

function isField(name: string): name is keyof Filter {
  return Object.hasOwn(FILTER_FIELDS, name)
}

/** The Exchanges that match, oldest first. */
export function selectExchanges(exchanges: readonly Exchange[], filter: Filter): Exchange[] {
  const { limit } = filter
  const matching = exchanges.filter(createMatcher(filter))
  return limit === undefined ? matching : matching.slice(Math.max(0, matching.length - Math.max(0, limit)))
}

/** Creates a function that returns whether an Exchange matches a filter. Throws a RangeError for an invalid query. */
export function createMatcher({ q, ...filter }: Filter): (exchange: Exchange) => boolean {
  const terms = q === undefined ? [] : parseQuery(q)
  const conditions = CONDITION_NAMES.flatMap((name) => {
    const value = filter[name]
    return value === undefined ? [] : [{ value: String(value), ...conditionOf(name) }]
  })
  return (exchange) =>
    conditions.every(({ matches, value }) => matches(exchange, value)) && matchesQuery(exchange, terms)
}
