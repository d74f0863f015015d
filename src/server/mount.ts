import type { Context, Hono } from 'hono'
import type { Reply } from '../reply/reply.ts'
import type { Env } from './incoming.ts'
import type { Settings } from './settings.ts'

/** How a route answers; an ApiError that it throws is an answer as well. */
export type Answer = (c: Context<Env>) => Reply | Promise<Reply>

/** What a part of the server needs to add its routes. */
export interface Mount {
  readonly app: Hono<Env>
  /** Makes a handler of an Answer: its Reply is sent in one place. */
  readonly serve: (answer: Answer) => (c: Context<Env>) => Promise<Response>
  readonly settings: Settings
}
