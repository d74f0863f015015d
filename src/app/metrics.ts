import type { PictureCounts } from '../images/picture-cache.ts'
import { type CoverageTargets, modelOf } from '../journal/coverage-keys.ts'
import type { RequestFacts } from '../journal/exchange.ts'
import { findScenario } from '../scenarios/find-scenario.ts'
import type { Scenarios } from '../scenarios/scenario.ts'
import { isObject } from '../util/json.ts'

/** The labels of a request in the metrics. Each has a small number of values. */
export type Labels = {
  /** Method and path as in the contract; `other` if no route matches. */
  readonly operation: string
  /** A model or a family of the contract, `other`, or `none`. */
  readonly model: string
  readonly status: string
  /** The name of a scenario, `other` for one without a name, or `none`. */
  readonly scenario: string
}

/** Upper bounds of the histograms' buckets, in seconds. */
export const BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
]

/** A histogram of durations. */
export class Durations {
  /** Number of durations in each bucket, not cumulative. The last bucket has those above all bounds. */
  readonly counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0)
  /** Sum of all durations, in seconds. */
  sum = 0

  add(seconds: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound)
    const i = bucket === -1 ? BOUNDS.length : bucket
    this.counts[i] = (this.counts[i] ?? 0) + 1
    this.sum += seconds
  }
}

/** Counts requests for pictures, and how they are drawn. */
export class PictureMetrics implements PictureCounts {
  readonly requests = { hit: 0, miss: 0 }
  readonly renders = { drawn: 0, failed: 0, dropped: 0 }
  /** How long it took to draw pictures. */
  readonly durations = new Durations()
  cached: Parameters<PictureCounts['setCached']>[0] = { values: 0, weight: 0 }

  countRequest(result: keyof PictureMetrics['requests']): void {
    this.requests[result]++
  }

  countRender(result: keyof PictureMetrics['renders'], seconds: number): void {
    this.renders[result]++
    if (result === 'drawn') this.durations.add(seconds)
  }

  setCached(size: PictureMetrics['cached']): void {
    this.cached = size
  }
}

/** Maximum number of series of requests. Further ones are counted with all labels `other`. */
export const MAX_SERIES = 5000

const OTHER: Labels = { operation: 'other', model: 'other', status: 'other', scenario: 'other' }

/** What a mock counts since its start; a reset does not change it. The first scrape loads prom-client (30 ms). */
export class Metrics {
  openStreams = 0
  /** Number of requests by their labels. */
  readonly requests = new Map<string, { readonly labels: Labels; count: number }>()
  /** Durations of requests by operation and model. */
  readonly durations = new Map<string, { readonly labels: Partial<Labels>; readonly durations: Durations }>()
  readonly pictures = new PictureMetrics()

  /** Counts a response that begins. Call the returned function once, when the response has ended. */
  begin(isStream: boolean): (labels: Labels, seconds: number) => void {
    if (isStream) this.openStreams++
    return (requested, seconds) => {
      if (isStream) this.openStreams--
      const labels = this.requests.has(keyOf(requested)) || this.requests.size < MAX_SERIES - 1 ? requested : OTHER
      const { operation, model } = labels
      entryOf(this.requests, keyOf(labels), () => ({ labels, count: 0 })).count++
      const pair = `${operation}\n${model}`
      const series = entryOf(this.durations, pair, () => ({ labels: { operation, model }, durations: new Durations() }))
      series.durations.add(seconds)
    }
  }
}

function keyOf({ operation, model, status, scenario }: Labels): string {
  return `${operation}\n${model}\n${status}\n${scenario}`
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}

/** Creates a function that labels requests. Unknown names are `other`, so that clients cannot add series. */
export function createLabels(
  scenarios: Scenarios,
  targets: CoverageTargets,
): (facts: RequestFacts & { readonly endpoint: string | undefined }, status: number) => Labels {
  return ({ chat, body, choice, endpoint }, status) => {
    const model = chat?.model ?? (isObject(body) ? body['model'] : undefined)
    return {
      operation: endpoint ?? 'other',
      model: typeof model === 'string' ? (modelOf(model, targets) ?? 'other') : 'none',
      status: String(status),
      scenario:
        choice === undefined ? 'none' : findScenario(scenarios, choice.name) === undefined ? 'other' : choice.name,
    }
  }
}
