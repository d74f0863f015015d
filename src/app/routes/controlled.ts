import type { RequestContext as Trace } from '../context.ts'
import type { Reply } from '../../util/reply.ts'
import type { Incoming } from '../incoming.ts'
import type { CoverageTargets } from '../../journal/coverage-keys.ts'
import type { Settings } from '../settings.ts'

/** What the control API tells. */
export interface Controlled {
  readonly settings: Settings
  readonly isReady: () => boolean
  readonly journal: { readonly known: CoverageTargets }
}

/** Answers a request for the control API. */
export type ControlApi = (request: Incoming, trace: Trace) => Promise<Reply>
