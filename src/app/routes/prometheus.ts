import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { sizeOf } from '../../store/store.ts'
import type { Reply } from '../../util/reply.ts'
import { type Durations, type Metrics, BOUNDS } from '../metrics.ts'
import type { MockContext } from '../context.ts'

const PREFIX = 'chat_image_mock_'

const expositions = new WeakMap<Metrics, () => Promise<Reply>>()

/** The metrics of a mock. The first scrape creates its registry. */
export async function expositionOf(mock: MockContext): Promise<Reply> {
  const known = expositions.get(mock.metrics) ?? createExposition(mock)
  expositions.set(mock.metrics, known)
  return known()
}

// The metrics of a mock, and of its process if `processMetrics` is set, in the text format of Prometheus.
function createExposition({ metrics, version, store, processMetrics }: MockContext): () => Promise<Reply> {
  const { pictures } = metrics
  let size: Awaited<ReturnType<typeof sizeOf>>
  const registry = new Registry()
  const gauge = (...metric: Parameters<typeof optionsOf>): void =>
    registry.registerMetric(new Gauge(optionsOf(...metric)))
  const counter = (...metric: Parameters<typeof optionsOf>): void =>
    registry.registerMetric(new Counter(optionsOf(...metric)))
  gauge('build_info', 'Version of the mock. The value is always 1.', () => [[{ version }, 1]])
  counter('requests_total', 'Requests, counted when the response has ended.', () =>
    [...metrics.requests.values()].map(({ labels, count }) => [labels, count]),
  )
  gauge('open_streams', 'Streams that are being sent.', () => single(metrics.openStreams))
  counter('picture_requests_total', 'Requests for pictures: hit if the picture is cached, otherwise miss.', () =>
    byResult(pictures.requests),
  )
  counter('renders_total', 'Pictures to draw. Dropped: all clients had disconnected before.', () =>
    byResult(pictures.renders),
  )
  gauge('pictures_cached', 'Pictures in the cache.', () => single(pictures.cached.values))
  gauge('pictures_cached_bytes', 'Bytes of the pictures in the cache.', () => single(pictures.cached.weight))
  // These have no value while the store cannot be reached.
  gauge('sessions', 'Sessions in the store.', () => single(size?.sessions))
  gauge('exchanges', 'Exchanges in the journal.', () => single(size?.exchanges))
  gauge('exchanges_bytes', 'Bytes of the exchanges in the journal.', () => single(size?.bytes))
  gauge('store_forgotten', '1 if the store has lost data and was not reset since, otherwise 0.', () =>
    single(size && Number(size.lostAt !== undefined)),
  )
  return async () => {
    size = await sizeOf(store)
    const registries = [registry, histogramsOf(metrics), ...(processMetrics ? [processRegistry()] : [])]
    const texts = await Promise.all(registries.map(async (one) => one.metrics()))
    const type = { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'x-content-type-options': 'nosniff' }
    return { status: 200, headers: { ...type, 'cache-control': 'no-store' }, body: texts.join('\n') }
  }
}

/** Reads the values of a metric when it is scraped. */
type Read = () => readonly (readonly [labels: Partial<Record<Label, string>>, value: number])[]

/** The labels of all metrics; each metric has some of them. */
const LABELS = ['version', 'operation', 'model', 'status', 'scenario', 'result'] as const
type Label = (typeof LABELS)[number]

function optionsOf(name: string, help: string, read: Read) {
  return {
    name: PREFIX + name,
    help,
    labelNames: LABELS,
    registers: [],
    collect(this: Gauge<Label> | Counter<Label>) {
      this.reset()
      for (const [labels, value] of read()) this.inc(labels, value)
    },
  }
}

function single(value: number | undefined): ReturnType<Read> {
  return value === undefined ? [] : [[{}, value]]
}

function byResult(counts: Readonly<Record<string, number>>): ReturnType<Read> {
  return Object.entries(counts).map(([result, count]) => [{ result }, count])
}

// prom-client's Histogram accepts only single observations. Full buckets can be merged, like those of cluster workers.
function histogramsOf({ durations, pictures }: Metrics): Registry {
  const requestHelp = 'Time from the head of a request to the last byte of the response.'
  const requests = toHistogram('request_duration_seconds', requestHelp, [...durations.values()])
  const renderSeries = [{ labels: {}, durations: pictures.durations }]
  const renders = toHistogram('render_duration_seconds', 'Time to draw and encode a picture.', renderSeries)
  return AggregatorRegistry.aggregate([[requests, renders]])
}

interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly durations: Durations
}

// A histogram in the form in which prom-client gets it from a worker.
function toHistogram(name: string, help: string, series: readonly Series[]): object {
  const metric = PREFIX + name
  const values = series.flatMap(({ labels, durations: { counts, sum } }) => {
    let count = 0
    const buckets = counts.map((more, i) => {
      count += more
      return { metricName: `${metric}_bucket`, labels: { ...labels, le: BOUNDS[i] ?? '+Inf' }, value: count }
    })
    const total = { metricName: `${metric}_count`, labels, value: count }
    return [...buckets, { metricName: `${metric}_sum`, labels, value: sum }, total]
  })
  return { name: metric, help, type: 'histogram', aggregator: 'sum', values }
}

// Sums of the gauges without `_total`. Only a counter may have this suffix.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

let ofProcess: Registry | undefined // shared by all mocks of the process

function processRegistry(): Registry {
  if (ofProcess !== undefined) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name)
  return ofProcess
}
