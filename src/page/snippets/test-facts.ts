import { type JsonObject, isObject } from '../../util/json-value.ts'
import { type RepeatedRequest, type SnippetSource, toRepeated } from './recorded.ts'

/** What a generated test does and expects. */
export interface TestFacts {
  readonly title: string
  readonly request: RepeatedRequest
  /** An entry of a script: the scenario that answered. Undefined without one, and if the request itself names it. */
  readonly script: JsonObject | undefined
  /** Number of the response in the sequence of the scenario, from 1. */
  readonly step: number
  readonly status: number
  /** Whether the connection was reset before the end of the response. */
  readonly isReset: boolean
  /** Number of pictures in Markdown, as `PICTURES` finds them; undefined if the journal does not have the response. */
  readonly pictures: number | undefined
  /** The codes of the violations of the contract; undefined if they are not known for the request in the snippet. */
  readonly violations: readonly string[] | undefined
  /** Planned milliseconds of all responses together. */
  readonly wait: number
  /** What differs from the original, for comments. */
  readonly differences: readonly string[]
}

/** The source of a regular expression that finds pictures in Markdown. It means the same in JavaScript and in Python. */
export const PICTURES = String.raw`!\[[^\]]*\]\([^)\s]+\)`

/** Reads what a test of an exchange does and expects. */
export function toTestFacts(source: SnippetSource): TestFacts {
  const { exchange } = source
  const { method, path } = exchange.request
  const { status, reset, wait } = exchange.response
  const text = textOf(exchange.response)
  const entry = scriptOf(exchange, text)
  const all = toRepeated(source)
  const { 'x-mock-scenario': _scenario, ...others } = all.headers
  const { 'x-mock-session': _session, authorization: _key, ...headers } = entry === undefined ? all.headers : others
  const isWhole = all.differences.every((difference) => difference.includes('OPENAI_API_KEY'))
  const pictures = text === undefined || reset ? undefined : (text.match(new RegExp(PICTURES, 'g')) ?? []).length
  const cause = exchange.scenario === null ? '' : ` (${exchange.scenario.name})`
  const position = entry === undefined ? undefined : positionOf(exchange.note)
  const step = position ?? 1
  return {
    title: `${method} ${path}: ${reset ? 'the connection is reset' : status}${cause}`,
    request: { ...all, headers },
    // Without `times`, all responses of a sequence would be expected.
    script: position === undefined ? entry : { ...entry, times: position },
    step,
    status,
    isReset: reset,
    pictures,
    violations: exchange.operation === null || !isWhole ? undefined : exchange.violations.map(({ code }) => code),
    wait: wait * step,
    differences: [
      ...all.differences.filter((difference) => !difference.includes('OPENAI_API_KEY')),
      ...(text === undefined ? ['The journal does not have the response, so its pictures are not counted.'] : []),
      ...(isObject(entry?.['scenario'])
        ? ['The response was scripted without a name. The script below repeats what the journal has of it.']
        : []),
    ],
  }
}

/** The text of a response; undefined if the journal does not have it. */
function textOf({ body, text = '' }: SnippetSource['exchange']['response']): string | undefined {
  if (body !== undefined) return JSON.stringify(body)
  return text.startsWith('[not recorded: ') ? undefined : text
}

// A header and a prompt can name a scenario for every request. A script is only for chat requests that are valid.
const NAMED_IN_REQUEST = /^(?:Prefer|requested in the prompt)$/

function scriptOf(
  { chat, scenario, response }: SnippetSource['exchange'],
  text: string | undefined,
): JsonObject | undefined {
  if (chat === null || scenario === null || NAMED_IN_REQUEST.test(scenario.why)) return undefined
  if (scenario.name !== 'script' || scenario.why !== 'scripted') return { scenario: scenario.name }
  if (response.reset) return { scenario: { then: { reset: true } } }
  const type = response.headers['content-type']
  const headers = type === undefined ? {} : { headers: { 'content-type': type } }
  return { scenario: { then: { status: response.status, ...headers, body: response.body ?? text ?? '' } } }
}

// The note of a response of a sequence begins like this: `scenario retry-503 (x-mock-scenario), 2 of 3`.
function positionOf(note: string | null): number | undefined {
  const number = /^scenario \S+ \([^)]*\), (\d+) of \d+/.exec(note ?? '')?.[1]
  return number === undefined ? undefined : Number(number)
}
