import type { StoredExchange } from '../store/store.ts'
import { type Exchange, type RecordedRequest, type RecordedResponse, modelOfExchange, readHead } from './exchange.ts'

/** An Exchange without headers and bodies: small enough for a list of a thousand. */
export interface ExchangeSummary extends Omit<Exchange, 'request' | 'response' | 'violations' | 'nearMisses'> {
  readonly request: Pick<RecordedRequest, 'method' | 'path'>
  readonly response: Pick<RecordedResponse, 'status' | 'stream' | 'wait' | 'reset'> & {
    /** Number of complete events; 0 if it is not a stream of events. At most 1,000. */
    readonly events: number
  }
  /** Number of violations of the contract. At most 50. */
  readonly violations: number
  /** Also of a chat request that could not be read; null if it has none. At most 200 characters. */
  readonly model: string | null
}

const MAX_PROMPT = 200 // characters
const MAX_PATH = 300

/** Reads the bytes of an Exchange as a summary. The prompt and the path are cut; the body is not read. */
export function readSummary(stored: StoredExchange): ExchangeSummary {
  const { head } = readHead(stored)
  const { time, session, request, operation, violations, chat, scenario, note, response, pictures } = head
  const { status, stream, wait, reset, events = [] } = response
  const { firstByte, duration, hungUp } = stored.ending ?? {}
  return {
    id: stored.id,
    time,
    session,
    request: { method: request.method, path: cut(request.path, MAX_PATH) },
    operation,
    violations: violations.length,
    model: cut(modelOfExchange(head) ?? '', MAX_PROMPT) || null,
    chat: chat && { ...chat, prompt: cut(chat.prompt, MAX_PROMPT) },
    scenario,
    note,
    response: { status, stream, wait, reset, events: events.length },
    pictures,
    firstByte,
    duration,
    hungUp,
  }
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest).toWellFormed()}…`
}
