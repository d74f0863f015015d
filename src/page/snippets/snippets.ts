import { toCurl } from './curl.ts'
import { toOpenAIJavaScript } from './openai-js.ts'
import { toOpenAIPython } from './openai-python.ts'
import { toPytest } from './pytest.ts'
import type { SnippetSource } from './recorded.ts'
import { toVitest } from './vitest.ts'

/** The snippets of an exchange, in the order of their buttons. Names of programs need no translation. */
export const SNIPPETS = [
  { id: 'curl', name: 'curl', write: toCurl },
  { id: 'openai-js', name: 'JavaScript', write: toOpenAIJavaScript },
  { id: 'openai-python', name: 'Python', write: toOpenAIPython },
  { id: 'vitest', name: 'Vitest', write: toVitest },
  { id: 'pytest', name: 'pytest', write: toPytest },
] as const satisfies readonly {
  readonly id: string
  readonly name: string
  readonly write: (source: SnippetSource) => string
}[]
