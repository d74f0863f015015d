import type { Hook } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { joinFirst, toWords } from '../../chat/zod-helpers.ts'
import { ApiError } from '../../errors/api-error.ts'
import type { Filter } from '../../journal/filter.ts'
import type { Creator } from '../../journal/list-formats.ts'
import type { Frame } from '../../util/reply.ts'
import type { AppContext } from '../context.ts'
import type { OwnSessionData } from '../session-data.ts'

/** The types of the Hono contexts of the control API. */
export interface ControlEnv {
  Bindings: {
    readonly data: OwnSessionData
    /** Who writes a HAR log. */
    readonly creator: Creator
    /** Whether the client has disconnected. */
    readonly isGone: () => boolean
    /** Frames that are sent instead of the route's own body. */
    readonly out: {
      frames?: Iterable<Frame>
      /** Responds in place of the route. */
      respond?: (c: AppContext) => Promise<Response>
    }
  }
}

/** The body of a response without data. */
export const DONE = { status: 'ok' } as const

/** Makes an error of an invalid request. */
export const rejectInvalid: Hook<unknown, ControlEnv, string, undefined> = (result) => {
  if (result.success) return undefined
  const { issues } = result.error
  const [first] = issues
  const param = first?.code === 'unrecognized_keys' ? first.keys[0] : first?.path[0]
  throw new ApiError('invalid_value', {
    param: String(param ?? '').slice(0, 64),
    reason: `Invalid ${result.target}: ${joinFirst(issues.map(toWords), '; ').replace(/\.$/, '')}.`,
  })
}

/** The Filter in a query: without the fields that it does not have. */
export function filterOf(query: { readonly [K in keyof Filter]: Filter[K] | undefined }): Filter {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

/** The journal does not record lists of exchanges, so nobody counts their frames. */
export const NOT_COUNTED = { held: 0, sent: 0 }

/** The media type that the control API returns by default. */
export const JSON_TYPE = 'application/json'

/** Whether a client prefers a table to JSON. */
export function wantsText(c: Context): boolean {
  return accepts(c, { header: 'Accept', supports: [JSON_TYPE, 'text/plain'], default: JSON_TYPE }) === 'text/plain'
}
