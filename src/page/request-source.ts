import { type JsonValue, isObject } from '../util/json-value.ts'
import type { SnippetSource } from './snippets/recorded.ts'

/** A request that is not in the journal. */
export interface PlainRequest {
  readonly method: string
  /** Below the URL of the mock. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: JsonValue
}

/** A request as the source of a snippet. */
export function toSource(
  { method, path, headers, body }: PlainRequest,
  { root, basePath }: Pick<SnippetSource, 'root' | 'basePath'>,
): SnippetSource {
  return {
    root,
    basePath,
    exchange: {
      session: '',
      // Without the length, a missing body would look like one that the journal has dropped.
      request: {
        method,
        path,
        query: '',
        ...(body === undefined ? { headers: { ...headers, 'content-length': '0' } } : { headers, body }),
      },
      operation: null,
      violations: [],
      chat: null,
      scenario: null,
      note: null,
      response: {
        status: 200,
        headers: {},
        stream: isObject(body) && body['stream'] === true,
        wait: 0,
        reset: false,
      },
    },
  }
}
