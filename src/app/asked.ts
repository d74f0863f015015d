import type { RequestContext as Trace } from './context.ts'
import type { ErrorKind } from '../errors/table.ts'
import type { Chosen } from '../scenarios/choose.ts'
import { named } from '../scenarios/choose.ts'
import type { Then } from '../scenarios/scenario.ts'
import type { Incoming } from './incoming.ts'
import type { Settings } from './settings.ts'

/** What a request asks for in its headers, whatever its operation. */
export interface Asked {
  readonly chosen: Chosen | undefined
  /** What the answer says of it. */
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly notes: readonly string[]
}

const NOTHING: Asked = { chosen: undefined, headers: undefined, notes: [] }

/** Reads `x-mock-scenario` and `Prefer: code=…`; an ApiError for a scenario that there is not. Any other preference is ignored, as its RFC says, and noted. */
export async function readAsked(request: Incoming, { session }: Trace, { choosing }: Settings): Promise<Asked> {
  const name = request.header('x-mock-scenario')?.trim()
  const prefer = request.header('prefer')
  if (name !== undefined && name !== '')
    return { ...NOTHING, chosen: await named(name, 'x-mock-scenario', { session, choosing }) }
  if (prefer === undefined) return NOTHING
  const code = /(?:^|[,;])\s*code\s*=\s*"?([45]\d\d)"?\s*(?:$|[,;])/i.exec(prefer)?.[1]
  if (code === undefined)
    return { ...NOTHING, notes: [`Prefer: ${prefer.slice(0, 100)} is ignored; code=400 to code=599 is understood`] }
  const { STATUS_CODES } = await import('node:http') // which no mock without a port has loaded
  const details = { reason: STATUS_CODES[code] ?? 'Error' }
  return {
    chosen: { name: `code-${code}`, why: 'Prefer', then: toThen(Number(code)), details },
    headers: { 'preference-applied': `code=${code}` },
    notes: [],
  }
}

// The statuses for which the table has an error that needs no more words; any other is called by its own name.
const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'invalid_api_key',
  429: 'rate_limited',
  500: 'upstream_error',
}

function toThen(status: number): Then {
  return { error: KINDS[status] ?? (status < 500 ? 'client_error' : 'upstream_failure'), status }
}
