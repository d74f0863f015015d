import { z } from 'zod'
import { PROSE } from '../chat/profile.ts'
import { FINISHES } from '../chat/step.ts'
import { keyOf, mapping, oneOf, quoteValue, seconds, size, style, toProblems } from '../chat/zod-helpers.ts'
import { type SourceFile, FileError } from '../openapi/document.ts'
import type { JsonValue } from '../util/json.ts'
import { MAX_COUNT, MAX_MODEL, PICTURE_FAULTS } from '../images/recipe.ts'
import { ERRORS } from '../errors/table.ts'
import { type Scenario, FRAMINGS, STREAM_PLACES } from './scenario.ts'

const MAX_TEXT = 100_000
const text = z.string({ error: 'write a text' }).max(MAX_TEXT, `at most ${MAX_TEXT} characters`)
const line = text.regex(/^[^\r\n]*$/, 'write it on one line')
const flag = z.boolean({ error: 'write true or false' })
const whole = z.int({ error: 'write a whole number' })

const error = keyOf(ERRORS)

// Headers that frame a message are set by the server.
const header = z
  .string()
  .regex(
    /^(?!(?:content-length|transfer-encoding|connection|trailer|upgrade)$)[a-z\d!#$%&'*+.^_`|~-]{1,100}$/,
    "write a header's name in lower case; those that frame the message are not allowed",
  )
const headers = z.record(
  header,
  z.string({ error: 'write a text' }).regex(/^[\x20-\x7e]{0,1000}$/, 'write printable ASCII, at most 1000 characters'),
)

const optional = <T extends z.ZodType>(schema: T, description: string): z.ZodExactOptional<T> =>
  schema.exactOptional().describe(description)

/** Which requests a Scenario applies to. */
export const when = mapping({
  model: optional(
    z.union([text, z.array(text).min(1)], { error: 'write a model, or a list of them' }),
    'a model, a family as `name-*`, or a list of them',
  ),
  prompt: optional(text, 'words that the prompt contains'),
  pattern: optional(text, 'what the whole prompt looks like; `*` stands for any text'),
  stream: optional(flag, 'whether a stream is asked for'),
  references: optional(flag, 'whether there are reference pictures'),
  nth: optional(whole.min(1, 'the first request is 1'), 'the number of the chat request in its session, from 1'),
})

// If a key is unknown, only that is reported.
const isSound = ({ issues }: z.core.ParsePayload): boolean => issues.length === 0

const ACTIONS = ['pause', 'comment', 'raw', 'error', 'failure', 'end']
const place = z.union([oneOf(STREAM_PLACES), whole.min(0)], {
  error: ({ input }) =>
    `${quoteValue(input)} is no place; write one of ${STREAM_PLACES.join(', ')}, or the number of an event from 0`,
})
const edit = mapping({
  at: place.describe(
    'before the first event (`start`), in the middle of all (`middle`), before the one that holds the picture (`picture`), before the one that finishes (`finish`), before [DONE] (`done`); or the number of an event, from 0',
  ),
  pause: optional(seconds, 'seconds in which nothing is heard'),
  comment: optional(line, 'a comment, as gateways write to keep a connection alive'),
  raw: optional(text, 'what is written as it stands, line ends included'),
  error: optional(error, 'an event that holds an error, by its name'),
  failure: optional(text, 'a delta that holds an error and nothing else; what was to come is left out'),
  end: optional(oneOf(['close', 'reset']), 'the connection ends here: closed as if all were said, or reset'),
})
  .refine((given) => ACTIONS.filter((action) => Object.hasOwn(given, action)).length === 1, {
    error: `write one of ${ACTIONS.join(', ')} for each place`,
    when: isSound,
  })
  .meta({ oneOf: ACTIONS.map((action) => ({ required: [action] })) })

const tokens = whole.min(0, 'a count cannot be negative').max(1_000_000_000, 'at most 1000000000 tokens')
const usage = mapping({
  prompt: tokens.describe('`prompt_tokens`'),
  completion: tokens.describe('`completion_tokens`'),
})

const answer = {
  error: optional(
    error,
    'an error by its name, as `rate_limited` or `moderation_blocked`: the schema lists all; told as `--errors` says',
  ),
  status: optional(
    whole.min(200, 'write a status from 200 to 599').max(599, 'write a status from 200 to 599'),
    'another status, 200 to 599: of an `error`, of a `body`, or of an empty answer',
  ),
  headers: optional(headers, 'headers, their names in lower case'),
  body: optional(
    z.json({ error: 'write a text, or a value that is sent as JSON' }),
    'the whole body: a text as it stands, or a value that is sent as JSON',
  ),
  say: optional(text, 'what the assistant says in place of its picture'),
  style: optional(style, 'the style in which it speaks'),
  prose: optional(oneOf(PROSE), 'where a `markdown` answer says a sentence'),
  count: optional(
    whole.min(1).max(MAX_COUNT, `at most ${MAX_COUNT} pictures`),
    'how many pictures there are, whatever was asked for',
  ),
  size: optional(
    size.meta({ pattern: String.raw`^\d{2,4}x\d{2,4}$` }),
    'their size, as `1024x512`, whatever was asked for',
  ),
  pictures: optional(
    oneOf(PICTURE_FAULTS),
    'what is wrong with the pictures behind the links; a slow one comes after ten seconds',
  ),
  finish: optional(oneOf(['none', ...FINISHES]), 'the `finish_reason`; `none` leaves it out'),
  model: optional(line.max(MAX_MODEL, `at most ${MAX_MODEL} characters`), 'the name that the answer has in `model`'),
  usage: optional(usage, 'the tokens that it counts: `prompt` and `completion`'),
  done: optional(flag, '`false`: a stream ends without [DONE], and without its usage'),
  as: optional(oneOf(['json']), '`json`: a stream is answered in one piece'),
  wait: optional(seconds, 'seconds before the first byte, whatever the pace'),
  stream: optional(
    z.array(edit, { error: 'write a list of places with what happens there' }).max(100),
    'what happens at places of a stream',
  ),
  frames: optional(
    oneOf(FRAMINGS),
    'how its bytes are sent: one by one, with CRLF, or without the space behind the colon',
  ),
  reset: optional(z.literal(true, { error: 'write true' }), '`true`: the connection is reset before the first byte'),
}

/** How a Scenario changes an answer. */
export const then = mapping({
  ...answer,
  sequence: optional(
    z.array(mapping(answer), { error: 'write a list of answers' }).min(1).max(100),
    'answers, one a request in this order; behind the last one all is right. It stands alone',
  ),
})
  .refine(
    (given) => Object.keys(given).length > 0 && (given.sequence === undefined || Object.keys(given).length === 1),
    {
      error: ({ input }) =>
        Object.keys(input ?? {}).length === 0
          ? 'write what is answered'
          : 'a sequence stands alone; write into each of its answers what belongs there',
      when: isSound,
    },
  )
  .meta({ minProperties: 1, if: { required: ['sequence'] }, then: { maxProperties: 1 } })

/** The file of a Scenario. */
export const scenario = z.strictObject(
  {
    about: line.min(1, 'write what it shows').describe('what a client meets, on one line'),
    when: when.exactOptional().describe('which requests it answers that do not ask for it; what is not said fits all'),
    then: then.describe('what is answered; what is not said stays as it would be'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.map(quoteValue).join(', ')} is not known; what can be written is about, when, then`
        : 'write about, and then; when is for requests that do not ask for it',
  },
)

/** The JSON Schema of a Scenario's file, as fixtures/scenario.schema.json has it. */
export function scenarioSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(scenario, { io: 'input' })
  return {
    $schema,
    title: 'A scenario of chat-image-mock',
    description: 'FOLDER/scenarios/NAME.yaml: how a request is answered otherwise, by name.',
    ...rest,
  }
}

/** The names of Scenarios, which are the names of their files. */
export const SCENARIO_NAME = /^[a-z\d-]{1,64}$/

/** The Scenario in a file's value. Throws a FileError that lists every problem with its line and how to fix it. */
export function toScenario(name: string, value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>): Scenario {
  if (!SCENARIO_NAME.test(name))
    throw new FileError([
      `${source.file}: its name is the scenario's; write it of a-z, 0-9 and -, at most 64 characters`,
    ])
  const result = scenario.safeParse(value)
  if (!result.success) throw new FileError(toProblems(result.error.issues, source))
  return { name, ...result.data }
}

// A scenario's name or its own `then`, how often it applies, and to which requests.
const entry = mapping({
  scenario: z.union([z.string().max(64, "a scenario's name has at most 64 characters"), mapping({ then })], {
    error: "write a scenario's name, or { then: … }",
  }),
  times: whole.min(1, 'write at least 1').max(10_000, 'at most 10000 times').exactOptional(),
  when: when.exactOptional(),
})
/** A script as a test sends it: one entry, or a list of them. */
export const script = z.union(
  [
    entry.transform((one) => [one]),
    z.array(entry).min(1, 'write at least one entry').max(1000, 'at most 1000 entries'),
  ],
  { error: 'write an entry as {"scenario": NAME, "times": 1}, or a list of them' },
)

/** The JSON Schema of a script as it is posted, and its definitions; its references to them start with `root`. */
export function scriptSchema(root: string): { readonly schema: object; readonly definitions: object } {
  const { $schema: _same, $defs, ...schema } = z.toJSONSchema(script, { io: 'input' })
  const { definitions, ...rest } = JSON.parse(
    JSON.stringify({ ...schema, definitions: $defs ?? {} }).replaceAll('#/$defs/', root),
  )
  return { schema: rest, definitions }
}
