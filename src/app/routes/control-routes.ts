import { createRoute, z } from '@hono/zod-openapi'
import { mapping } from '../../chat/zod-helpers.ts'
import type { Coverage } from '../../journal/coverage.ts'
import type { Exchange } from '../../journal/exchange.ts'
import { type Filter, FILTER_FIELDS, MAX_LIMIT, STATUS } from '../../journal/filter.ts'
import type { Scenario, ScriptEntry } from '../../scenarios/scenario.ts'
import { CONTROL } from '../context.ts'
import type { Pending } from '../session-data.ts'

const session = z.object({
  'x-mock-session': z.string().max(100).optional().openapi({
    description:
      'Whose memory; without it, and without a bearer key, what is read and forgotten is of all sessions, and what is scripted is for all that have no name of their own.',
  }),
})
const { status, limit } = FILTER_FIELDS
const parameter = <T extends z.ZodType>(name: keyof Filter, schema: T): z.ZodOptional<T> =>
  schema.openapi({ description: FILTER_FIELDS[name].description }).optional()
const trueOrFalse = z.enum(['true', 'false'])
const isTrue = (word: string): boolean => word === 'true'
const filter = mapping({
  session: parameter('session', z.string()),
  model: parameter('model', z.string()),
  status: parameter('status', z.string().regex(STATUS, `use ${status.allowed}`)),
  operation: parameter('operation', z.string()),
  scenario: parameter('scenario', z.string()),
  stream: parameter('stream', trueOrFalse.transform(isTrue)),
  path: parameter('path', z.string()),
  since: parameter('since', z.string()),
  limit: parameter(
    'limit',
    z
      .string()
      .regex(/^[1-9]\d{0,5}$/, `use ${limit.allowed}`)
      .transform(Number)
      .refine(limit.isValid, `use ${limit.allowed}`)
      .openapi({ type: 'integer', minimum: 1, maximum: MAX_LIMIT }),
  ),
} satisfies Readonly<Record<keyof Filter, z.ZodType>>)
// These schemas check nothing: they are for the document and the types. The mock writes exchanges itself, and
// src/scenarios/script.ts checks a script.
const exchange = z.custom<Exchange>().openapi('Exchange', {
  type: 'object',
  required: ['id', 'time', 'session', 'request', 'response'],
  properties: {
    id: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    session: { type: 'string' },
    request: { type: 'object' },
    response: { type: 'object' },
  },
})
const entry = z.custom<ScriptEntry>().openapi({ type: 'object' })
const pending = z.custom<Pending>().openapi('Pending', {
  type: 'object',
  required: ['scenario', 'times'],
  properties: {
    scenario: { description: "A scenario's name, or {then: …}" },
    when: { type: 'object' },
    times: { type: 'integer' },
  },
})
const told = z.custom<Coverage>().openapi('Coverage', { type: 'object' })
const scenario = z.custom<Omit<Scenario, 'then'>>().openapi('Scenario', {
  type: 'object',
  required: ['name', 'about'],
  properties: { name: { type: 'string' }, about: { type: 'string' }, when: { type: 'object' } },
})
const forgotten = z.object({ status: z.literal('ok') })

const text = { schema: z.string() }
const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** What can be asked of the control API: what comes in is read by these schemas, and its document and its client are made from them. */
export const routes = {
  exchanges: createRoute({
    method: 'get',
    path: `${CONTROL}/exchanges`,
    summary: 'What was asked and answered, the oldest first; as a table with Accept: text/plain',
    request: { headers: session, query: filter },
    responses: {
      200: {
        description: 'The Exchanges',
        content: { 'application/json': { schema: z.object({ exchanges: z.array(exchange) }) }, 'text/plain': text },
      },
    },
  }),
  erase: createRoute({
    method: 'delete',
    path: `${CONTROL}/exchanges`,
    summary: 'Forget what was asked and answered, as far as it fits the filter',
    request: { headers: session, query: filter },
    responses: { 200: json(forgotten, 'It is forgotten') },
  }),
  exchange: createRoute({
    method: 'get',
    path: `${CONTROL}/exchanges/{id}`,
    summary: 'One Exchange; latest is the newest',
    request: { headers: session, params: z.object({ id: z.string() }) },
    responses: { 200: json(exchange, 'The Exchange') },
  }),
  scenarios: createRoute({
    method: 'get',
    path: `${CONTROL}/scenarios`,
    summary: 'What can be asked for',
    responses: { 200: json(z.object({ scenarios: z.array(scenario) }), 'The scenarios') },
  }),
  script: createRoute({
    method: 'post',
    path: `${CONTROL}/script`,
    summary: 'The next answers, in order',
    request: {
      headers: session,
      body: { required: true, content: { 'application/json': { schema: z.union([entry, z.array(entry)]) } } },
    },
    responses: { 200: json(z.object({ scripted: z.int() }), 'How many entries were added') },
  }),
  pending: createRoute({
    method: 'get',
    path: `${CONTROL}/script`,
    summary: 'What is scripted and not yet asked for',
    request: { headers: session },
    responses: { 200: json(z.object({ pending: z.array(pending) }), 'The script') },
  }),
  reset: createRoute({
    method: 'post',
    path: `${CONTROL}/reset`,
    summary: 'Forget script, positions, Exchanges and coverage',
    request: { headers: session },
    responses: { 200: json(forgotten, 'It is forgotten') },
  }),
  coverage: createRoute({
    method: 'get',
    path: `${CONTROL}/coverage`,
    summary: 'What was exercised, and what not yet; also as text/markdown, and as JUnit with Accept: application/xml',
    request: {
      headers: session,
      query: mapping({
        total: trueOrFalse
          .openapi({ description: 'true: of all requests since the start, whatever was reset' })
          .optional(),
      }),
    },
    responses: {
      200: {
        description: 'The coverage',
        content: { 'application/json': { schema: told }, 'text/markdown': text, 'application/xml': text },
      },
    },
  }),
}
