import { isMeant } from '../chat/profile.ts'
import { type Exchange, modelOfExchange } from './exchange.ts'

/** What a field of a Filter accepts. */
export interface FilterField {
  /** The allowed values in words, for an error message. */
  readonly allowed: string
  /** For the control API's OpenAPI document. */
  readonly description: string
  readonly types: readonly ('string' | 'number' | 'boolean')[]
  /** The form of the value, as text. */
  readonly form?: RegExp
}

/** A field that an Exchange matches or not. */
interface Condition extends FilterField {
  readonly matches: (exchange: Exchange, value: string) => boolean
}

/** A status in a Filter: `429` or `4xx`. */
export const STATUS = /^(?:\d{3}|\d[xX]{2})$/

const STRING = ['string'] as const

/** The conditions of a Filter. They are also the fields of a query (`q`) and query parameters of the control API. */
export const CONDITIONS = {
  session: {
    allowed: 'the name of a session',
    description: 'The name of a session',
    types: STRING,
    matches: ({ session }, value) => session === value,
  },
  model: {
    allowed: "the name of a model, or a family such as 'name-*'",
    description: 'The name of a model, or a family such as name-*',
    types: STRING,
    matches: (exchange, value) => isMeant(value, modelOfExchange(exchange) ?? ''),
  },
  status: {
    allowed: "a status such as 429, or a class such as '4xx'",
    description: 'A status such as 429, or a class such as 4xx',
    types: ['string', 'number'],
    form: STATUS,
    matches: ({ response: { status } }, value) =>
      [String(status), `${Math.floor(status / 100)}xx`].includes(value.toLowerCase()),
  },
  operation: {
    allowed: "the id of an operation, its path, or 'POST /path'",
    description: 'The id of an operation, its path, or POST /path',
    types: STRING,
    matches: ({ operation }, value) =>
      operation !== null && [operation.id, operation.path, `${operation.method} ${operation.path}`].includes(value),
  },
  scenario: {
    allowed: 'the name of a scenario',
    description: 'The name of a scenario',
    types: STRING,
    matches: ({ scenario }, value) => scenario?.name === value,
  },
  stream: {
    allowed: 'true or false',
    description: 'Whether a stream was requested',
    types: ['boolean'],
    form: /^(?:true|false)$/,
    matches: ({ chat, response }, value) => String(chat?.stream ?? response.stream) === value,
  },
  path: {
    allowed: "a path, or its beginning such as '/path/*'",
    description: 'The requested path, or its beginning such as /path/*',
    types: STRING,
    matches: ({ request }, value) => isMeant(value, request.path),
  },
  since: {
    allowed: 'the id of an Exchange',
    description: 'The id of an Exchange: only later ones are selected',
    types: STRING,
    matches: ({ id }, value) => isAfter(id, value),
  },
  before: {
    allowed: 'the id of an Exchange',
    description: 'The id of an Exchange: only earlier ones are selected',
    types: STRING,
    matches: ({ id }, value) => isAfter(value, id),
  },
} satisfies Readonly<Record<string, Condition>>

/** The name of a condition. */
export type ConditionName = keyof typeof CONDITIONS

/** The names of all conditions. */
export const CONDITION_NAMES = Object.keys(CONDITIONS).filter(isCondition)

/** Whether a name is that of a condition. */
export function isCondition(name: string): name is ConditionName {
  return Object.hasOwn(CONDITIONS, name)
}

/** Whether a field accepts a value. */
export function accepts({ types, form }: FilterField, value: unknown): boolean {
  return types.some((type) => type === typeof value) && (form?.test(String(value)) ?? true)
}

/** The condition with a name. */
export function conditionOf(name: ConditionName): Condition {
  return CONDITIONS[name]
}

// Ids are numbers, or texts that sort by age.
function isAfter(id: string, since: string): boolean {
  const [a, b] = [Number(id), Number(since)]
  return Number.isNaN(a) || Number.isNaN(b) ? id > since : a > b
}
