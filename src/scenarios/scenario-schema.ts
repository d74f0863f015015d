import { z } from 'zod'
import { PROSE } from '../chat/profile.ts'
import { FINISHES } from '../chat/step.ts'
import {
  keyOf,
  mapping,
  oneOf,
  quoteValue,
  seconds,
  size,
  style,
  toProblems,
  toUnknownKeys,
} from '../chat/zod-helpers.ts'
import { type SourceFile, FileError } from '../openapi/document.ts'
import type { JsonValue } from '../util/json.ts'
import { MAX_COUNT, MAX_MODEL, PICTURE_FAULTS } from '../images/recipe.ts'
import { ERRORS } from '../errors/table.ts'
import { type Scenario, type ScriptEntry, FRAMINGS, ORIGINS, STREAM_PLACES } from './scenario.ts'

const MAX_TEXT = 100_000
const text = z.string({ error: 'must be a string' }).max(MAX_TEXT, `must have at most ${MAX_TEXT} characters`)
const line = text.regex(/^[^\r\n]*$/, 'must be on one line')
const flag = z.boolean({ error: 'must be true or false' })
const whole = z.int({ error: 'must be a whole number' })

const error = keyOf(ERRORS)

// The server sets the headers that delimit a message.
const header = z
  .string()
  .regex(
    /^(?!(?:content-length|transfer-encoding|connection|trailer|upgrade)$)[a-z\d!#$%&'*+.^_`|~-]{1,100}$/,
    'must be a header name in lower case; the server sets content-length, transfer-encoding, connection, trailer and upgrade',
  )
const headers = z.record(
  header,
  z
    .string({ error: 'must be a string; put numbers in quotes' })
    .regex(/^[\x20-\x7e]{0,1000}$/, 'must be printable ASCII of at most 1000 characters'),
)

const optional = <T extends z.ZodType>(schema: T, description: string): z.ZodExactOptional<T> =>
  schema.exactOptional().describe(description)

/** Which requests a Scenario applies to. */
export const when = mapping({
  model: optional(
    z.union([text, z.array(text).min(1)], { error: 'must be a model or a list of models' }),
    'A model name, a prefix such as `name-*`, or a list of them.',
  ),
  prompt: optional(text, 'A text that the prompt contains.'),
  pattern: optional(text, 'A pattern that matches the whole prompt. `*` matches any text.'),
  stream: optional(flag, '`true`: streaming requests. `false`: all others.'),
  references: optional(flag, '`true`: requests with reference pictures. `false`: requests without.'),
  nth: optional(
    whole.min(1, 'must be at least 1'),
    'Number of the request among the chat requests of its session, from 1.',
  ),
  operation: optional(
    z.union([text, z.array(text).min(1)], { error: 'must be an operation or a list of operations' }),
    'Method and path of an operation in the contract, such as `GET /orders/{id}`, its `operationId`, or a list of them.',
  ),
  path: optional(text, 'A pattern that matches the whole path. `*` matches any text.'),
  query: optional(z.record(text, text), 'Query parameters and their values. `*` matches any text.'),
  body: optional(
    z.json({ error: 'must be a JSON value' }),
    'A part of the JSON body: the fields that it must have. Lists must be equal.',
  ),
})

// Reports an unknown key only.
const isSound = ({ issues }: z.core.ParsePayload): boolean => issues.length === 0

const ACTIONS = ['pause', 'comment', 'raw', 'error', 'failure', 'end']
const place = z.union([oneOf(STREAM_PLACES), whole.min(0)], {
  error: ({ input }) =>
    `${quoteValue(input)} is not a place; use ${STREAM_PLACES.join(', ')}, or the number of an event, from 0`,
})
const edit = mapping({
  at: place.describe(
    'The place: before the first event (`start`), in the middle (`middle`), before the event with the picture (`picture`), before the event with the `finish_reason` (`finish`), before `[DONE]` (`done`), or before the event with this number, from 0.',
  ),
  pause: optional(seconds, 'Seconds during which nothing is sent.'),
  comment: optional(line, 'A comment line, which gateways send to keep a connection open.'),
  raw: optional(text, 'A text that is sent unchanged, with its line ends.'),
  error: optional(error, 'Name of an error that is sent as an event.'),
  failure: optional(text, 'Message of an error that is sent as a delta. The rest of the content is not sent.'),
  end: optional(
    oneOf(['close', 'reset']),
    'How the connection ends here: closed as if the stream were complete (`close`), or reset (`reset`).',
  ),
})
  .refine((given) => ACTIONS.filter((action) => Object.hasOwn(given, action)).length === 1, {
    error: `must have exactly one of ${ACTIONS.join(', ')} besides at`,
    when: isSound,
  })
  .meta({ oneOf: ACTIONS.map((action) => ({ required: [action] })) })

const tokens = whole.min(0, 'must not be negative').max(1_000_000_000, 'must be at most 1000000000')
const usage = mapping({
  prompt: tokens.describe('Value of `prompt_tokens`.'),
  completion: tokens.describe('Value of `completion_tokens`.'),
})

const answer = {
  error: optional(
    error,
    'Name of the error to return, for example `rate_limited`. The schema lists all names. `--errors` sets the format.',
  ),
  status: optional(
    whole.min(200, 'must be from 200 to 599').max(599, 'must be from 200 to 599'),
    'Status of the response, 200 to 599: with `error`, with `body`, or with an empty body.',
  ),
  headers: optional(headers, 'Response headers, with names in lower case.'),
  body: optional(
    z.json({ error: 'must be a string, or a value that is sent as JSON' }),
    'The response body. A string is sent unchanged, any other value as JSON.',
  ),
  say: optional(text, 'Text of the assistant, in place of the picture.'),
  style: optional(style, 'Response style, for example `lite`. The schema lists all names.'),
  prose: optional(
    oneOf(PROSE),
    'Where the style `markdown` adds a sentence: nowhere (`none`), `before` or `after` the pictures.',
  ),
  count: optional(
    whole.min(1).max(MAX_COUNT, `must be at most ${MAX_COUNT}`),
    'Number of pictures. Overrides the requested number.',
  ),
  size: optional(
    size.meta({ pattern: String.raw`^\d{2,4}x\d{2,4}$` }),
    'Size of the pictures, for example `1024x512`. Overrides the requested size.',
  ),
  pictures: optional(
    oneOf(PICTURE_FAULTS),
    'What the links of the pictures return: 404 (`missing`), 403 (`expired`), the picture after 10 seconds (`slow`), the first half of it (`cut`), the picture as text/plain (`type`), or an HTML page (`page`).',
  ),
  finish: optional(
    oneOf(['none', ...FINISHES]),
    'Value of `finish_reason`: `stop`, `length` or `content_filter`; `none` for no value.',
  ),
  model: optional(
    line.max(MAX_MODEL, `must have at most ${MAX_MODEL} characters`),
    'Value of `model` in the response.',
  ),
  usage: optional(usage, 'Token counts of the response: `prompt` and `completion`.'),
  done: optional(flag, '`false`: the stream ends without usage and `[DONE]`.'),
  as: optional(oneOf(['json']), '`json`: a streaming request gets a JSON response.'),
  wait: optional(seconds, 'Seconds before the first byte, independent of `--pace`.'),
  stream: optional(
    z.array(edit, { error: 'must be a list of places, each with what happens there' }).max(100),
    'Changes to the stream: a list of places, each with what happens there.',
  ),
  frames: optional(
    oneOf(FRAMINGS),
    'How a stream is sent: byte by byte (`bytes`), with CRLF line ends (`crlf`), or without the space after `data:` (`tight`).',
  ),
  reset: optional(z.literal(true, { error: 'must be true' }), '`true`: the connection is reset before the first byte.'),
  relay: optional(
    z.literal(true, { error: 'must be true' }),
    '`true`: the vendor behind the gateway responds so, and the gateway passes it on. Only with `--errors gateway` and `gateway-2025`.',
  ),
  ping: optional(
    seconds.min(0.1, 'must be at least 0.1 seconds'),
    'Seconds of silence after which the gateway sends a comment in a stream that it relays (`relay`). `gateway-2025` sends none.',
  ),
}

/** How a Scenario changes a response. */
export const then = mapping({
  ...answer,
  sequence: optional(
    z.array(mapping(answer), { error: 'must be a list of responses' }).min(1).max(100),
    'A list of responses, one for each request in this order, then one normal response. Then it starts again. No other key is allowed beside it.',
  ),
})
  .refine(
    (given) => Object.keys(given).length > 0 && (given.sequence === undefined || Object.keys(given).length === 1),
    {
      error: ({ input }) =>
        Object.keys(input ?? {}).length === 0
          ? 'must have at least one key'
          : 'sequence cannot be combined with other keys; move them into its responses',
      when: isSound,
    },
  )
  .meta({ minProperties: 1, if: { required: ['sequence'] }, then: { maxProperties: 1 } })

/** The content of a Scenario's file. */
export const scenario = z.strictObject(
  {
    about: line.min(1, 'must not be empty').describe('What a client sees, on one line.'),
    from: oneOf(ORIGINS)
      .exactOptional()
      .describe(
        'Where the fault happens: in the gateway itself (`gateway`), at the vendor behind it (`vendor`), or between the gateway and its client (`network`). Only a label.',
      ),
    when: when
      .exactOptional()
      .describe('Requests that get this scenario without naming it. A condition that is absent matches all.'),
    then: then.describe('How the response changes. What is absent stays normal.'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? toUnknownKeys(issue.keys, 'about, from, when, then')
        : 'must be an object with about and then; from and when are optional',
  },
)

/** The JSON Schema of a Scenario's file, which is in fixtures/scenario.schema.json. */
export function scenarioSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(scenario, { io: 'input' })
  return {
    $schema,
    title: 'A scenario of chat-image-mock',
    description: 'The file FOLDER/scenarios/NAME.yaml: a response that replaces or changes the normal one.',
    ...rest,
  }
}

/** The allowed names of Scenarios. */
export const SCENARIO_NAME = /^[a-z\d-]{1,64}$/

/** The Scenario of a file's value. Throws a FileError that lists all problems with line and fix. */
export function toScenario(name: string, value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>): Scenario {
  if (!SCENARIO_NAME.test(name))
    throw new FileError([
      `${source.file}: the name of the file is the name of the scenario; use only a-z, 0-9 and -, at most 64 characters`,
    ])
  const result = scenario.safeParse(value)
  if (!result.success) throw new FileError(toProblems(result.error.issues, source))
  return { name, ...result.data }
}

const NAME_OR_THEN = 'must be the name of a scenario, or {"then": …}'

const entry = mapping({
  scenario: z
    .union([z.string().max(64, 'must have at most 64 characters'), mapping({ then })], { error: NAME_OR_THEN })
    .exactOptional(),
  times: whole.min(1, 'must be at least 1').max(10_000, 'must be at most 10000').exactOptional(),
  when: when.exactOptional(),
  then: then.exactOptional(),
})
  .refine((given) => given.scenario !== undefined || given.then !== undefined, {
    path: ['scenario'],
    error: NAME_OR_THEN,
    when: isSound,
  })
  .refine((given) => given.scenario === undefined || given.then === undefined, {
    error: 'use either scenario or then',
    when: isSound,
  })
  .meta({ oneOf: [{ required: ['scenario'] }, { required: ['then'] }] })
  .transform(({ scenario: name, then: own = {}, ...rest }): ScriptEntry => ({
    scenario: name ?? { then: own },
    ...rest,
  }))
/** A script: one entry, or a list of entries. */
export const script = z.union(
  [
    entry.transform((one) => [one]),
    z.array(entry).min(1, 'must have at least one entry').max(1000, 'must have at most 1000 entries'),
  ],
  { error: 'must be an entry such as {"scenario": NAME, "times": 1}, or a list of entries' },
)

/** The JSON Schema of a script, and its definitions. References to definitions start with `root`. */
export function scriptSchema(root: string): { readonly schema: object; readonly definitions: object } {
  const { $schema: _same, $defs, ...schema } = z.toJSONSchema(script, { io: 'input' })
  const { definitions, ...rest } = JSON.parse(
    JSON.stringify({ ...schema, definitions: $defs ?? {} }).replaceAll('#/$defs/', root),
  )
  return { schema: rest, definitions }
}
