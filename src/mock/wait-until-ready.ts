/** Where a mock says whether it is ready; written out, since a health check has no time to load the server. */
export const READYZ = '/__mock/readyz'

/** What one question to a mock gave: what was wanted of it, or why it is not ready. A final reason stays, however long one waits. */
export type ProbeResult<T> = { readonly value: T } | { readonly reason: string; readonly isFinal: boolean }

/** How a mock is waited for. */
export interface Waiting<T> {
  /** Without a slash at its end. */
  readonly url: string
  /** Seconds that it may take until it is ready. */
  readonly wait: number
  /** Milliseconds that any question may take, the last one too, however late it is. */
  readonly patience: number
  /** Asks once; the answer may take that many milliseconds. */
  readonly ask: (patience: number) => Promise<ProbeResult<T>>
}

const PAUSE = 50
/** Milliseconds that one question may take while there is time. */
const LONGEST = 5000

/** What a mock says once it is ready; an error for one that is not ready in time, and at once for a reason that is final. */
export async function untilReady<T>({ url, wait, patience, ask }: Waiting<T>): Promise<T> {
  const deadline = performance.now() + wait * 1000
  for (;;) {
    const left = deadline - performance.now()
    const heard = await ask(Math.ceil(Math.min(LONGEST, Math.max(left, patience))))
    if ('value' in heard) return heard.value
    if (heard.isFinal) throw new Error(heard.reason)
    if (deadline - performance.now() <= PAUSE)
      throw new Error(`there is no mock ready at ${url} after ${wait} s: ${heard.reason}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/**
 * Why an answer to READYZ is not that of a mock that is ready; `version` is what only mocks tell. A proxy before it says 502,
 * 503 or 504 until it is up; whoever says anything else is somebody else.
 */
export function refusalOf(url: string, status: number, version: string | undefined): ProbeResult<never> {
  const said = `GET ${url}${READYZ} is answered with ${status}`
  if (version !== undefined && status === 404)
    return { reason: `${url} is a path of a mock; connect to ${new URL(url).origin}`, isFinal: true }
  return {
    reason: version === undefined ? `${said}, and not by chat-image-mock` : said,
    isFinal: version === undefined && status < 500,
  }
}

/** Why nothing was answered, in one line. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error
    ? cause.message === '' && 'code' in cause
      ? String(cause.code)
      : cause.message.trim()
    : String(cause)
}

/** A URL as paths are appended to it; a RangeError for one that is none of a mock does not repeat it, since it may hold a password. */
export function toBase(url: string | URL, caller: string): string {
  const { protocol, username, password, href } = URL.canParse(String(url)) ? new URL(url) : new URL('about:none')
  if (/^https?:$/.test(protocol) && username === '' && password === '' && !/[?#]/.test(href))
    return href.replace(/\/+$/, '')
  throw new RangeError(
    `${caller}: this is no URL of a mock; write it as http://localhost:4010, without credentials, query and fragment`,
  )
}
