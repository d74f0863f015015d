import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { sizeOf } from '../../store/store.ts'
import type { Reply } from '../../util/reply.ts'
import type { Durations, Metrics } from '../metrics.ts'
import { BOUNDS } from '../metrics.ts'
import type { MockContext } from '../context.ts'

const PREFIX = 'chat_image_mock_'

const expositions = new WeakMap<Metrics, () => Promise<Reply>>()

/** The metrics of a mock. Its registry is made by the first scrape. */
export async function expositionOf(mock: MockContext): Promise<Reply> {
  const known = expositions.get(mock.metrics) ?? createExposition(mock)
  expositions.set(mock.metrics, known)
  return known()
}

// The metrics of a mock, and with `processMetrics` with those of its process, in the text format of Prometheus.
function createExposition({ metrics, version, choosing, processMetrics }: MockContext): () => Promise<Reply> {
  const { pictures } = metrics
  let size: Awaited<ReturnType<typeof sizeOf>>
  const registry = new Registry()
  for (const metric of [
    toGauge('build_info', 'The version of the mock; always 1.', () => [[{ version }, 1]]),
    toCounter('requests_total', 'Requests that were answered.', () =>
      [...metrics.requests.values()].map(({ labels, count }) => [labels, count]),
    ),
    toGauge('open_streams', 'Answers that are being written piece by piece.', () => single(metrics.openStreams)),
    toCounter('picture_requests_total', 'Pictures that were asked for; a hit was kept, a miss had to be drawn.', () =>
      byResult(pictures.requests),
    ),
    toCounter('renders_total', 'Pictures to be drawn; dropped ones had nobody left who waited for them.', () =>
      byResult(pictures.renders),
    ),
    toGauge('pictures_cached', 'Pictures that are kept.', () => single(pictures.cached.values)),
    toGauge('pictures_cached_bytes', 'Bytes of the pictures that are kept.', () => single(pictures.cached.weight)),
    // While the store cannot be reached, these have no value.
    toGauge('sessions', 'Sessions that are remembered.', () => single(size?.sessions)),
    toGauge('exchanges', 'Requests that the journal keeps.', () => single(size?.exchanges)),
    toGauge('exchanges_bytes', 'Bytes of the requests that the journal keeps.', () => single(size?.bytes)),
  ])
    registry.registerMetric(metric)
  return async () => {
    size = await sizeOf(choosing.store)
    const registries = [registry, histogramsOf(metrics), ...(processMetrics ? [processRegistry()] : [])]
    const texts = await Promise.all(registries.map(async (one) => one.metrics()))
    return {
      status: 200,
      headers: {
        'content-type': Registry.PROMETHEUS_CONTENT_TYPE,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
      body: texts.join('\n'),
    }
  }
}

/** Reads the values of a metric when it is scraped. */
type Read = () => readonly (readonly [labels: Partial<Record<Label, string>>, value: number])[]

/** The labels of all metrics; each metric has some of them. */
const LABELS = ['version', 'operation', 'model', 'status', 'scenario', 'result'] as const
type Label = (typeof LABELS)[number]

function toGauge(name: string, help: string, read: Read): Gauge<Label> {
  return new Gauge({
    name: PREFIX + name,
    help,
    labelNames: LABELS,
    registers: [],
    collect() {
      this.reset()
      for (const [labels, value] of read()) this.set(labels, value)
    },
  })
}

function toCounter(name: string, help: string, read: Read): Counter<Label> {
  return new Counter({
    name: PREFIX + name,
    help,
    labelNames: LABELS,
    registers: [],
    collect() {
      this.reset()
      for (const [labels, value] of read()) this.inc(labels, value)
    },
  })
}

function single(value: number | undefined): ReturnType<Read> {
  return value === undefined ? [] : [[{}, value]]
}

function byResult(counts: Readonly<Record<string, number>>): ReturnType<Read> {
  return Object.entries(counts).map(([result, count]) => [{ result }, count])
}

// prom-client's Histogram takes one observation at a time. Buckets that were counted elsewhere it takes as it takes those of a
// cluster's workers.
function histogramsOf({ durations, pictures }: Metrics): Registry {
  const requests = [...durations.values()].map((series) => toBuckets(series.durations, series.labels))
  return AggregatorRegistry.aggregate([
    [
      toHistogram(
        'request_duration_seconds',
        'Time from the head of a request to the last byte of its answer.',
        requests.flat(),
      ),
      toHistogram('render_duration_seconds', 'Time to draw and encode a picture.', toBuckets(pictures.durations, {})),
    ],
  ])
}

interface Value {
  readonly suffix: '_bucket' | '_sum' | '_count'
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

function toBuckets({ counts, sum }: Durations, labels: Value['labels']): Value[] {
  let count = 0
  const buckets = counts.map((more, i): Value => {
    count += more
    return { suffix: '_bucket', labels: { ...labels, le: BOUNDS[i] ?? '+Inf' }, value: count }
  })
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }]
}

// A histogram as prom-client writes that of a worker.
function toHistogram(name: string, help: string, values: readonly Value[]): object {
  return {
    name: PREFIX + name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: values.map(({ suffix, labels, value }) => ({ metricName: PREFIX + name + suffix, labels, value })),
  }
}

let ofProcess: Registry | undefined // shared by all mocks of the process

function processRegistry(): Registry {
  if (ofProcess !== undefined) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}
