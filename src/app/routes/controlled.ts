import type { Trace } from '../../journal/request-context.ts'
import type { Reply } from '../../util/reply.ts'
import type { Incoming } from '../incoming.ts'
import type { Journal } from '../journal.ts'
import type { Settings } from '../settings.ts'

/** What the control API tells. */
export interface Controlled {
  readonly settings: Settings
  readonly isReady: () => boolean
  readonly journal: Pick<Journal, 'known'>
}

/** Answers a request for the control API. */
export type ControlApi = (request: Incoming, trace: Trace) => Promise<Reply>
