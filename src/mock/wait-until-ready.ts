/** Path of the readiness probe. Defined here, because a health check has no time to load the server. */
export const READYZ = '/__mock/readyz'

/** The result of one probe: a value from a ready mock, or why it is not ready. If `isFinal`, waiting does not help. */
export type ProbeResult<T> = { readonly value: T } | { readonly reason: string; readonly isFinal: boolean }

/** Sends one probe to a URL. It times out after `patience` milliseconds. */
export type Probe<T> = (url: string, patience: number) => Promise<ProbeResult<T>>

const PAUSE = 50 // milliseconds between two probes
const MAX_PROBE = 5000 // milliseconds: longest timeout of one probe

/**
 * Probes a mock until it is ready and returns the value. Throws an Error if it is not ready within `wait` seconds, or
 * immediately if the reason is final. Each probe has at least `patience` milliseconds, even if `wait` is over.
 */
export async function untilReady<T>(
  url: string,
  { wait, patience, probe }: { readonly wait: number; readonly patience: number; readonly probe: Probe<T> },
): Promise<T> {
  const deadline = performance.now() + wait * 1000
  for (;;) {
    const left = deadline - performance.now()
    const result = await probe(url, Math.ceil(Math.min(MAX_PROBE, Math.max(left, patience))))
    if ('value' in result) return result.value
    if (result.isFinal) throw new Error(result.reason)
    if (deadline - performance.now() <= PAUSE)
      throw new Error(`no mock is ready at ${url} after ${wait} s: ${result.reason}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/**
 * Why a response to READYZ is not from a ready mock. `version` is its header x-mock-version, which only mocks send. A
 * proxy returns 502, 503 or 504 until its mock is up, so any other status without a version is final.
 */
export function refusalOf(url: string, status: number, version: string | undefined): ProbeResult<never> {
  const returned = `GET ${url}${READYZ} returned ${status}`
  if (version === undefined) return { reason: `${returned}, but not from chat-image-mock`, isFinal: status < 500 }
  if (status !== 404) return { reason: returned, isFinal: false }
  return { reason: `${url} is a path of a mock. Connect to ${new URL(url).origin} instead.`, isFinal: true }
}

/** The reason of a failed request, in one line. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message.trim()
}

/**
 * The URL of a mock, without a trailing slash. Throws a RangeError for an invalid URL. Its message does not repeat the
 * URL, which may contain a password.
 */
export function toBase(url: string | URL, caller: string): string {
  const { protocol, username, password, href } = URL.canParse(String(url)) ? new URL(url) : new URL('about:none')
  if (/^https?:$/.test(protocol) && username === '' && password === '' && !/[?#]/.test(href))
    return href.replace(/\/+$/, '')
  throw new RangeError(
    `${caller}: not a valid URL of a mock. Use a URL such as http://localhost:4010, without credentials, query and fragment.`,
  )
}
