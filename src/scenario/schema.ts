import { z } from 'zod'
import { mapping, oneOf, quote, seconds, size, style, toFaults } from '../chat/facts.ts'
import { FINISHES } from '../chat/step.ts'
import { PROSE } from '../chat/style/piece.ts'
import type { SourceFile } from '../contract/document.ts'
import { FileError } from '../contract/document.ts'
import type { JsonValue } from '../contract/json.ts'
import { MAX_COUNT, PICTURE_FAULTS } from '../image/recipe.ts'
import type { ErrorKind } from '../reply/errors.ts'
import { ERRORS } from '../reply/errors.ts'
import type { Scenario } from './scenario.ts'
import { FRAMINGS, PLACES } from './scenario.ts'

const MAX_TEXT = 100_000
const text = z.string({ error: 'write a text' }).max(MAX_TEXT, `at most ${MAX_TEXT} characters`)
const line = text.regex(/^[^\r\n]*$/, 'write it on one line')
const flag = z.boolean({ error: 'write true or false' })
const whole = z.int({ error: 'write a whole number' })

function isKind(name: string): name is ErrorKind {
  return Object.hasOwn(ERRORS, name)
}

const [firstKind = 'server_error', ...otherKinds] = Object.keys(ERRORS).filter(isKind)
const error = oneOf([firstKind, ...otherKinds])

// What frames a message is the writers' matter.
const header = z
  .string()
  .regex(/^(?!(?:content-length|transfer-encoding|connection|trailer|upgrade)$)[a-z\d!#$%&'*+.^_`|~-]{1,100}$/, "write a header's name in lower case; those that frame the message are not allowed")
const headers = z.record(header, z.string({ error: 'write a text' }).regex(/^[\x20-\x7e]{0,1000}$/, 'write printable ASCII, at most 1000 characters'))

/** Which requests a Scenario is for. */
export const when = mapping({
  model: z
    .union([text, z.array(text).min(1)], { error: 'write a model, or a list of them' })
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .exactOptional(),
  prompt: text.exactOptional(),
  pattern: text.exactOptional(),
  stream: flag.exactOptional(),
  references: flag.exactOptional(),
  nth: whole.min(1, 'the first request is 1').exactOptional(),
})

const ACTIONS = ['pause', 'comment', 'raw', 'error', 'failure', 'end']
const place = z.union([oneOf(PLACES), whole.min(0)], { error: ({ input }) => `${quote(input)} is no place; write one of ${PLACES.join(', ')}, or the number of an event from 0` })
const edit = mapping({
  at: place,
  pause: seconds.exactOptional(),
  comment: line.exactOptional(),
  raw: text.exactOptional(),
  error: error.exactOptional(),
  failure: text.exactOptional(),
  end: oneOf(['close', 'reset']).exactOptional(),
}).refine((given) => ACTIONS.filter((action) => Object.hasOwn(given, action)).length === 1, { error: `write one of ${ACTIONS.join(', ')} for each place` })

const answer = {
  error: error.exactOptional(),
  status: whole.min(200, 'write a status from 200 to 599').max(599, 'write a status from 200 to 599').exactOptional(),
  headers: headers.exactOptional(),
  body: z.json({ error: 'write a text, or a value that is sent as JSON' }).exactOptional(),
  say: text.exactOptional(),
  style: style.exactOptional(),
  prose: oneOf(PROSE).exactOptional(),
  count: whole.min(1).max(MAX_COUNT, `at most ${MAX_COUNT} pictures`).exactOptional(),
  size: size.exactOptional(),
  pictures: oneOf(PICTURE_FAULTS).exactOptional(),
  finish: oneOf(['none', ...FINISHES]).exactOptional(),
  done: flag.exactOptional(),
  as: oneOf(['json']).exactOptional(),
  wait: seconds.exactOptional(),
  stream: z.array(edit, { error: 'write a list of places with what happens there' }).max(100).exactOptional(),
  frames: oneOf(FRAMINGS).exactOptional(),
  reset: z.literal(true, { error: 'write true' }).exactOptional(),
}

/** What a Scenario answers. */
export const then = mapping({ ...answer, sequence: z.array(mapping(answer), { error: 'write a list of answers' }).min(1).max(100).exactOptional() }).refine(
  (given) => Object.keys(given).length > 0 && (given.sequence === undefined || Object.keys(given).length === 1),
  { error: ({ input }) => (Object.keys(input ?? {}).length === 0 ? 'write what is answered' : 'a sequence stands alone; write into each of its answers what belongs there') },
)

/** A file of a Scenario. */
export const scenario = z.strictObject(
  { about: line.min(1, 'write what it shows'), when: when.exactOptional(), then },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.map(quote).join(', ')} is not known; what can be written is about, when, then`
        : 'write about, and then; when is for requests that do not ask for it',
  },
)

/** What a Scenario's name looks like; its file is called so. */
export const SCENARIO_NAME = /^[a-z\d-]{1,64}$/

/** The Scenario that a file's value holds; a FileError lists every fault with its line and its cure. */
export function toScenario(name: string, value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>): Scenario {
  if (!SCENARIO_NAME.test(name)) throw new FileError([`${source.file}: its name is the scenario's; write it of a-z, 0-9 and -, at most 64 characters`])
  const result = scenario.safeParse(value)
  if (!result.success) throw new FileError(toFaults(result.error.issues, source))
  return { name, ...result.data }
}

/** One entry of a script, or a list of them, as a test sends it: a scenario's name or its own `then`, how often, and for which requests. */
const entry = z.strictObject({
  scenario: z.union([z.string().max(64), z.strictObject({ then })], { error: "write a scenario's name, or { then: … }" }),
  times: whole.min(1, 'write at least 1').max(10_000, 'at most 10000 times').exactOptional(),
  when: when.exactOptional(),
})
export const script = z.union([entry.transform((one) => [one]), z.array(entry).min(1, 'write at least one entry').max(1000, 'at most 1000 entries')], {
  error: 'write an entry as {"scenario": NAME, "times": 1}, or a list of them',
})
