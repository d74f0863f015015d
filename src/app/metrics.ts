import type { CoverageTargets } from '../journal/coverage-keys.ts'
import { modelOf } from '../journal/coverage-keys.ts'
import type { RequestContext } from '../journal/request-context.ts'
import { isObject } from '../util/json.ts'
import type { Scenarios } from '../scenarios/scenario.ts'

/** What requests are counted by; each is one of a known few. */
export interface Labels {
  /** Method and path as the contract has them, `other` where nothing answers. */
  readonly operation: string
  /** A model or a family of the contract, `other`, or `none`. */
  readonly model: string
  readonly status: string
  /** The name of a Scenario, `other` for one without, or `none`. */
  readonly scenario: string
}

/** Upper bounds of the buckets that durations are counted in, in seconds. */
export const BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
]

/** How long something took, each time. */
export class Durations {
  /** How many are in each bucket and in none before it; the last one has those above all bounds. */
  readonly counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0)
  /** Of all, in seconds. */
  sum = 0

  add(seconds: number): void {
    let bucket = 0
    while (seconds > (BOUNDS[bucket] ?? Infinity)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += seconds
  }
}

/** Requests that have all labels in common, and how long those took that have operation and model in common. */
export interface Series {
  readonly labels: Labels
  count: number
  readonly durations: Durations
}

/** What became of the pictures that were asked for. */
export class PictureCounts {
  /** Asked for and kept. */
  hits = 0
  /** Asked for and not kept. */
  misses = 0
  drawn = 0
  /** Could not be drawn. */
  failed = 0
  /** Not drawn, since all who had asked were gone. */
  dropped = 0
  /** Of those that were drawn. */
  readonly durations = new Durations()
  /** How many are kept, and their bytes. */
  kept: () => { readonly values: number; readonly weight: number } = () => ({ values: 0, weight: 0 })
}

/** Series at most; whatever would begin one more is counted as `other` by all labels. */
export const MAX_SERIES = 5000

const REST: Labels = { operation: 'other', model: 'other', status: 'other', scenario: 'other' }

/** What a mock counts from its start, whatever is reset: a few additions a request. What tells it to Prometheus is loaded by who asks. */
export class Metrics {
  openStreams = 0
  readonly pictures = new PictureCounts()
  readonly #series = new Map<string, Series>()
  readonly #durations = new Map<string, Durations>()

  /** Counts an answer that begins; what it gives counts its end, called once. */
  begin(isStream: boolean): (labels: Labels, seconds: number) => void {
    if (isStream) this.openStreams++
    return (labels, seconds) => {
      if (isStream) this.openStreams--
      const series = this.#series.get(keyOf(labels)) ?? this.#add(labels)
      series.count++
      series.durations.add(seconds)
    }
  }

  /** The requests that were answered. */
  series(): Iterable<Series> {
    return this.#series.values()
  }

  #add(asked: Labels): Series {
    const labels = this.#series.size < MAX_SERIES - 1 ? asked : REST
    const known = this.#series.get(keyOf(labels))
    if (known !== undefined) return known
    const pair = `${labels.operation}\n${labels.model}`
    const durations = this.#durations.get(pair) ?? new Durations()
    this.#durations.set(pair, durations)
    const series = { labels, count: 0, durations }
    this.#series.set(keyOf(labels), series)
    return series
  }
}

function keyOf({ operation, model, status, scenario }: Labels): string {
  return `${operation}\n${model}\n${status}\n${scenario}`
}

/** Gives what a request is counted by. What a client makes up is none of it: its models and scenarios are those that are known. */
export function createLabels(
  catalogue: Scenarios,
  known: CoverageTargets,
): (trace: RequestContext, status: number) => Labels {
  const toModel = ({ chat, body }: RequestContext): string => {
    const asked = chat?.model ?? (isObject(body) ? body['model'] : undefined)
    return typeof asked === 'string' ? (modelOf(asked, known) ?? 'other') : 'none'
  }
  return (trace, status) => ({
    operation: trace.endpoint ?? 'other',
    model: toModel(trace),
    status: String(status),
    scenario: trace.choice === undefined ? 'none' : catalogue.has(trace.choice.name) ? trace.choice.name : 'other',
  })
}
