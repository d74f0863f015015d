import { readFileSync } from 'node:fs'
import type { Dialect } from '../../src/errors/table.ts'

/** The dialects of the gateway, by the build that was measured: of 2026-08 and of 2025-04. */
export const GENERATIONS = ['gateway', 'gateway-2025'] as const satisfies readonly Dialect[]
export type Generation = (typeof GENERATIONS)[number]

/** What a build of the gateway returned. Ids, hosts and dates are replaced by `<…>`. */
export interface Measured {
  readonly status: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body, or its beginning. */
  readonly body?: string
  readonly begins?: string
}

/** A request that was sent to both builds. Null for a build that did not answer. */
export interface RefusedCase extends Readonly<Record<Generation, Measured | null>> {
  readonly name: string
  readonly request: {
    readonly method?: string
    readonly path?: string
    readonly headers: Readonly<Record<string, string>>
    /** A JSON value, or a text that is sent unchanged; `usual` is a valid body. */
    readonly body?: unknown
  }
}

export const REFUSED: readonly RefusedCase[] = JSON.parse(
  readFileSync(new URL('refused.json', import.meta.url), 'utf8'),
)

/** A text with the ids of one response replaced, as in the recording. */
export function withoutIds(text: string): string {
  return text
    .replaceAll(/\(request id: \d{15,23}\w{8,16}\)/g, '(request id: <request id>)')
    .replaceAll(/"chatcmpl-89[CD]\w{26}"/g, '"chatcmpl-<id>"')
}

/** What a client received through both builds when the vendor behind them did what a scenario does. */
export interface BehindCase extends Readonly<Record<Generation, Received | null>> {
  /** The name of the scenario, or `connection refused`. */
  readonly kind: string
  readonly stream: boolean
}

/** Texts of a completion are replaced by `*`, and counts of tokens other than 0 by `N`. */
export interface Received extends Omit<Measured, 'begins'> {
  /** All events of a stream. */
  readonly events?: readonly string[]
  /** The first and the last events of a stream, or parts of a body. */
  readonly begins?: readonly string[]
  readonly ends?: readonly string[]
}

export const BEHIND: readonly BehindCase[] = JSON.parse(readFileSync(new URL('behind.json', import.meta.url), 'utf8'))

/** A text with its contents and counts replaced, as in the recording. */
export function shapeOf(text: string): string {
  return withoutIds(text)
    .replaceAll(/"content":"(?:[^"\\]|\\.)*"/g, '"content":"*"')
    .replaceAll(/("(?:prompt_tokens|completion_tokens|total_tokens|text_tokens)":)[1-9]\d*/g, '$1N')
}
