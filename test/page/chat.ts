import type { Mock } from '../../src/index.ts'

interface ChatOptions {
  readonly content?: unknown
  /** Added to the body. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Sends a chat request and returns the text of its response. By default, flux draws a fox. */
export async function chat(
  { url }: Pick<Mock, 'url'>,
  { content = 'a fox', body, headers, signal }: ChatOptions = {},
): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'flux', messages: [{ role: 'user', content }], ...body }),
    ...(signal && { signal }),
  })
  return response.text()
}
