import { countTokens } from '../chat/step.ts'
import { type JsonObject, isObject } from '../util/json.ts'
import { gatewayUsage } from './usage.ts'

const DATA = 'data:'
const DONE = '[DONE]'

/** What the gateway adds to a stream. */
export interface StreamEnd {
  /** The model of the request. */
  readonly model: string
  readonly promptTokens: number
  /** Whether the stream has a chunk with the usage. */
  readonly hasUsage: boolean
}

/**
 * Passes the events of a vendor's stream on, as the gateway does: only lines of data, unchanged, each when the next one
 * arrives [S]. The end is always the same: the usage, if the vendor did not send it, and `[DONE]` [M].
 */
export class EventRelay {
  /** Whether the vendor has sent `[DONE]`. */
  isDone = false
  readonly #end: StreamEnd
  readonly #decoder = new TextDecoder()
  #rest = ''
  #held: string | undefined
  #last: JsonObject = {}
  #tokens = 0

  constructor(end: StreamEnd) {
    this.#end = end
  }

  /** Receives a part of the stream, and returns the events that it completes. */
  push(data: string | Uint8Array): string {
    const text = this.#rest + (typeof data === 'string' ? data : this.#decoder.decode(data, { stream: true }))
    const lines = text.split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.map((line) => this.#receive(line)).join('')
  }

  /** The events after the last part. */
  finish(): string {
    const before = this.#receive(this.#rest)
    const held = this.#held
    const hasVendorUsage = isObject(this.#last['usage'])
    const isUsageOnly = hasVendorUsage && Array.isArray(this.#last['choices']) && this.#last['choices'].length === 0
    const { hasUsage } = this.#end
    const last = held === undefined || (isUsageOnly && !hasUsage) ? '' : toEvent(held)
    const usage = hasUsage && !hasVendorUsage ? toEvent(this.#usageChunk()) : ''
    return before + last + usage + toEvent(DONE)
  }

  #receive(line: string): string {
    if (this.isDone || !line.startsWith(DATA)) return ''
    const payload = line.slice(DATA.length).replace(/^ +/, '').replace(/\r$/, '')
    if (payload.startsWith(DONE)) {
      this.isDone = true
      return ''
    }
    const before = this.#held
    this.#held = payload
    this.#note(payload)
    return before === undefined ? '' : toEvent(before)
  }

  #note(payload: string): void {
    const chunk = parse(payload)
    this.#last = chunk === undefined ? this.#last : chunk
    const [choice] = Array.isArray(chunk?.['choices']) ? chunk['choices'] : []
    const delta = isObject(choice) ? choice['delta'] : undefined
    const content = isObject(delta) ? delta['content'] : undefined
    if (typeof content === 'string') this.#tokens += countTokens(content)
  }

  #usageChunk(): string {
    const { id = '', created = 0 } = this.#last
    const { model, promptTokens } = this.#end
    return JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      system_fingerprint: '',
      choices: [],
      usage: gatewayUsage(promptTokens, this.#tokens),
    })
  }
}

function toEvent(payload: string): string {
  return `data: ${payload}\n\n`
}

function parse(payload: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(payload)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
