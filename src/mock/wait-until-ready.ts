/** The probe of a mock's readiness. A constant of its own: a health check has no time to load the server. */
export const READYZ = '/__mock/readyz'

/** The result of one probe: a value from a mock that is ready, or why it is not ready. Waiting does not help if a reason is final. */
export type ProbeResult<T> = { readonly value: T } | { readonly reason: string; readonly isFinal: boolean }

/** Sends one probe to a URL, which may take so many milliseconds. */
export type Probe<T> = (url: string, patience: number) => Promise<ProbeResult<T>>

const PAUSE = 50 // milliseconds between two probes
const MAX_PROBE = 5000 // milliseconds that one probe may take while there is time left

/**
 * Probes a mock until it is ready and returns the value. An Error says why it is not ready within `wait` seconds; at once, if
 * the reason is final. A probe may always take `patience` milliseconds, even if the time is over before.
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
      throw new Error(`there is no mock ready at ${url} after ${wait} s: ${result.reason}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/**
 * Why an answer to READYZ is not that of a ready mock. `version` is its header x-mock-version, which only mocks send. A proxy
 * answers 502, 503 or 504 until the mock behind it is up; any other answer without a version is final.
 */
export function refusalOf(url: string, status: number, version: string | undefined): ProbeResult<never> {
  const answered = `GET ${url}${READYZ} is answered with ${status}`
  if (version === undefined) return { reason: `${answered}, and not by chat-image-mock`, isFinal: status < 500 }
  if (status !== 404) return { reason: answered, isFinal: false }
  return { reason: `${url} is a path of a mock; connect to ${new URL(url).origin}`, isFinal: true }
}

/** Why a request failed, in one line. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message.trim()
}

/** The URL of a mock without a trailing slash. A RangeError for any other URL; it does not repeat the URL, which may hold a password. */
export function toBase(url: string | URL, caller: string): string {
  const { protocol, username, password, href } = URL.canParse(String(url)) ? new URL(url) : new URL('about:none')
  if (/^https?:$/.test(protocol) && username === '' && password === '' && !/[?#]/.test(href))
    return href.replace(/\/+$/, '')
  throw new RangeError(
    `${caller}: this is no URL of a mock; write it as http://localhost:4010, without credentials, query and fragment`,
  )
}
