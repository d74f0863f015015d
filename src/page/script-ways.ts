/** What a scenario is scripted for. */
export interface ScriptTarget {
  /** Empty: requests without a session. */
  readonly session: string
  /** Undefined: once, or a whole sequence. */
  readonly times: number | undefined
}

/** The ways to request a scenario. */
export const WAYS = ['header', 'prompt', 'script', 'test'] as const
export type Way = (typeof WAYS)[number]

/** How to request a scenario, as texts to copy. `root` is the URL of the mock, with a slash at its end. */
export function waysOf(
  name: string,
  { session, times, root }: ScriptTarget & { readonly root: string },
): Record<Way, string> {
  const count = times === undefined ? {} : { times }
  const headers = ['Content-Type: application/json', ...(session === '' ? [] : [`x-mock-session: ${session}`])]
  const data = JSON.stringify({ scenario: name, ...count })
  const mock = session === '' ? 'mock' : `mock.session('${session.replaceAll(/['\\]/g, String.raw`\$&`)}')`
  const options = times === undefined ? '' : `, { times: ${times} }`
  return {
    header: `x-mock-scenario: ${name}`,
    prompt: `/mock ${name}`,
    script: [
      `curl ${quote(`${root}__mock/script`)}`,
      ...headers.map((header) => `-H ${quote(header)}`),
      `-d ${quote(data)}`,
    ].join(' '),
    test: `await ${mock}.script('${name}'${options})`,
  }
}

// Between single quotes, a shell changes nothing.
function quote(text: string): string {
  return /^[\w:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
