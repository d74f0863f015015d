import type { ChatRequest } from '../chat/chat-request.ts'
import type { RequestContext as Trace } from './context.ts'
import type { Chosen, Turn } from '../scenarios/choose.ts'
import { namedIn } from '../scenarios/choose.ts'
import { StoreUnavailable } from '../store/store.ts'
import { isOfKey } from './session.ts'
import type { Settings } from './settings.ts'

interface Context {
  readonly trace: Trace
  readonly settings: Settings
}

/** Counts a chat request, and tells what is scripted for it. While the store is gone, one that names its Scenario itself goes on; any other could be meant by a script. */
export async function takeTurn(
  request: ChatRequest,
  asked: Chosen | undefined,
  { trace, settings }: Context,
): Promise<Turn> {
  try {
    return await openSession(trace, settings)
  } catch (error) {
    if (!(error instanceof StoreUnavailable) || (asked ?? namedIn(request)) === undefined) throw error
    return { session: trace.session, nth: 0, scripted: [], scriptOf: trace.session }
  }
}

// A key says whose requests these are, and not that they want a script of their own: without one they share the nameless one.
async function openSession(trace: Trace, { choosing: { store } }: Settings): Promise<Turn> {
  const { session } = trace
  const { nth, scripted, generation } = await store.open(session)
  trace.generation = generation
  if (scripted.length > 0 || !isOfKey(session)) return { nth, generation, session, scripted, scriptOf: session }
  return { nth, generation, session, scripted: await store.scripted(''), scriptOf: '' }
}
