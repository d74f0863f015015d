import type { ChatEntry, ChatForm } from '../../chat-form.ts'

/** A reference picture that the user chose. */
export interface Reference {
  readonly name: string
  /** A data URI. */
  readonly url: string
}

/** What the user entered in the form. */
export interface TryEntry extends Omit<ChatEntry, 'references'> {
  readonly references: readonly Reference[]
}

/** The headers of a request that the form has fields for. */
export const HEADERS = {
  pace: 'x-mock-pace',
  scenario: 'x-mock-scenario',
  session: 'x-mock-session',
  key: 'authorization',
} as const

/** The form when it is opened: with the values in the query of the page's URL. */
export function firstEntry({ models, canStream }: ChatForm, query: URLSearchParams, prompt: string): TryEntry {
  return {
    model: query.get('model') ?? models[0] ?? '',
    prompt: query.get('prompt') ?? prompt,
    references: [],
    stream: canStream && query.get('stream') !== 'false',
    fields: {},
    headers: {
      [HEADERS.scenario]: query.get('scenario') ?? '',
      [HEADERS.session]: query.get('session') ?? '',
    },
  }
}
