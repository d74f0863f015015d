import { type SecretText, type SnippetSource, toRepeated } from './recorded.ts'

/** A request for `fetch`. */
export interface FetchRequest {
  /** With the query. It begins with a slash. */
  readonly path: string
  readonly init: RequestInit
}

/** A request of the journal, to be sent again from the page. Redacted parts have a fallback. */
export function toFetchRequest(source: SnippetSource): FetchRequest {
  const { method, path, headers, body, isJson } = toRepeated(source)
  const mayHaveBody = body !== undefined && method !== 'GET' && method !== 'HEAD'
  const type: Readonly<Record<string, string>> =
    mayHaveBody && headers['content-type'] === undefined ? { 'content-type': 'application/json' } : {}
  const texts = Object.entries(headers).map(([name, text]) => [name, toText(text)] as const)
  return {
    path: toText(path),
    init: {
      method,
      headers: { ...type, ...Object.fromEntries(texts) },
      ...(mayHaveBody ? { body: typeof body === 'string' && !isJson ? body : JSON.stringify(body) } : {}),
    },
  }
}

function toText(text: SecretText): string {
  return text.map((part) => (typeof part === 'string' ? part : part.fallback)).join('')
}
