import { createRoute, z } from '@hono/zod-openapi'
import { mapping } from '../../chat/zod-helpers.ts'
import type { Coverage } from '../../journal/coverage.ts'
import { LIVE_EVENTS } from '../../journal/live-event.ts'
import { type Filter, FILTER_FIELDS, MAX_LIMIT } from '../../journal/filter.ts'
import type { FilterField } from '../../journal/filter-fields.ts'
import { MAX_QUERY, parseQuery } from '../../journal/query.ts'
import type { ScriptEntry } from '../../scenarios/scenario.ts'
import type { JsonObject } from '../../util/json.ts'
import { CONTROL } from '../context.ts'
import type { Pending } from '../session-data.ts'

/** The headers that select a session. */
export const session = z.object({
  'x-mock-session': z.string().max(100).optional().openapi({
    description:
      'The session. Without it, and without a bearer key, a request reads or deletes the data of all sessions, and a script applies to all sessions without a name.',
  }),
})
const { status, limit } = FILTER_FIELDS
const parameter = <T extends z.ZodType>(name: keyof Filter, schema: T): z.ZodOptional<T> =>
  schema.openapi({ description: FILTER_FIELDS[name].description }).optional()
const trueOrFalse = z.enum(['true', 'false'])
const isTrue = (word: string): boolean => word === 'true'
const names = (description: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .openapi({ description, type: 'array', items: { type: 'string' } })
    .optional()
const withForm = ({ form = /^/, allowed }: FilterField): z.ZodString => z.string().regex(form, `use ${allowed}`)
// A query has its own message.
const checkQuery = (query: string, context: z.core.$RefinementCtx): void => {
  try {
    parseQuery(query)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
}
/** The query parameters of lists of exchanges. */
export const filter = mapping({
  session: parameter('session', z.string()),
  model: parameter('model', z.string()),
  status: parameter('status', withForm(status)),
  operation: parameter('operation', z.string()),
  scenario: parameter('scenario', z.string()),
  stream: parameter('stream', trueOrFalse.transform(isTrue)),
  path: parameter('path', z.string()),
  since: parameter('since', z.string()),
  before: parameter('before', z.string()),
  q: parameter('q', z.string().superRefine(checkQuery).openapi({ maxLength: MAX_QUERY })),
  limit: parameter(
    'limit',
    withForm(limit).transform(Number).openapi({ type: 'integer', minimum: 1, maximum: MAX_LIMIT }),
  ),
} satisfies Readonly<Record<keyof Filter, z.ZodType>>)
// These schemas do not validate: they are for the document and the types. src/scenarios/script.ts validates scripts.
const entry = z.custom<ScriptEntry>().openapi({ type: 'object' })
const pending = z.custom<Pending>().openapi('Pending', {
  type: 'object',
  required: ['scenario', 'times'],
  properties: {
    scenario: { description: 'The name of a scenario, or {then: …}' },
    when: { type: 'object' },
    times: { type: 'integer' },
  },
})
const coverage = z.custom<Coverage>().openapi('Coverage', { type: 'object' })
const route = z.object({ method: z.string(), path: z.string(), summary: z.string() })
const operation = z.object({ method: z.string(), path: z.string() })
const document = z.custom<JsonObject>().openapi('OpenAPIDocument', { type: 'object' })
/** A response without data. */
export const done = z.object({ status: z.literal('ok') })

/** A response with text. */
export const text = { schema: z.string() }
/** A response with JSON. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** The routes of the control API. Their schemas validate requests; document and client are generated from them. */
export const routes = {
  index: createRoute({
    method: 'get',
    path: CONTROL,
    summary: 'List the routes of the control API. With Accept: text/plain, as a table.',
    responses: {
      200: {
        description: 'The routes',
        content: { 'application/json': { schema: z.object({ routes: z.array(route) }) }, 'text/plain': text },
      },
    },
  }),
  events: createRoute({
    method: 'get',
    path: `${CONTROL}/events`,
    summary: 'Read the changes of exchanges and scripts as server-sent events',
    request: {
      headers: session.extend({
        'last-event-id': z.string().optional().openapi({ description: 'Continue after the event with this id' }),
      }),
    },
    responses: {
      200: {
        description: Object.entries(LIVE_EVENTS)
          .map(([name, meaning]) => `${name}: ${meaning}`)
          .join('; '),
        content: { 'text/event-stream': text },
      },
    },
  }),
  contract: createRoute({
    method: 'get',
    path: `${CONTROL}/contract`,
    summary: 'Get the contract as an OpenAPI document, and its chat operation. The journal does not record this.',
    responses: {
      200: json(
        z.object({
          basePath: z.string().openapi({ description: 'Path of the base URL that clients need' }),
          chat: operation.nullable().openapi({ description: 'null if the contract has no chat operation' }),
          document,
        }),
        'The contract. All references are inside the document.',
      ),
    },
  }),
  script: createRoute({
    method: 'post',
    path: `${CONTROL}/script`,
    summary: 'Script the next responses, in order',
    request: {
      headers: session,
      body: { required: true, content: { 'application/json': { schema: z.union([entry, z.array(entry)]) } } },
    },
    responses: { 200: json(z.object({ scripted: z.int() }), 'Number of entries that were added') },
  }),
  pending: createRoute({
    method: 'get',
    path: `${CONTROL}/script`,
    summary: 'List the scripted responses that are not used up',
    request: { headers: session },
    responses: { 200: json(z.object({ pending: z.array(pending) }), 'The scripted responses') },
  }),
  reset: createRoute({
    method: 'post',
    path: `${CONTROL}/reset`,
    summary: 'Delete script, positions, exchanges and coverage',
    request: { headers: session },
    responses: { 200: json(done, 'The data is deleted') },
  }),
  coverage: createRoute({
    method: 'get',
    path: `${CONTROL}/coverage`,
    summary: 'Get the coverage. With Accept: text/markdown, as Markdown; with application/xml, as JUnit.',
    request: {
      headers: session,
      query: mapping({
        total: trueOrFalse
          .openapi({ description: 'true: of all requests since the start, including those before a reset' })
          .optional(),
        models: names(
          'Models in the total in addition to those that were used: a name, name-* or all; can be repeated',
        ),
        scenarios: names('Scenarios in the total: a name, name-* or all; can be repeated'),
      }),
    },
    responses: {
      200: {
        description: 'The coverage',
        content: { 'application/json': { schema: coverage }, 'text/markdown': text, 'application/xml': text },
      },
    },
  }),
}
