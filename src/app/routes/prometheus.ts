import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { Store } from '../../store/store.ts'
import { sizeOf } from '../../store/store.ts'
import type { Reply } from '../../util/reply.ts'
import type { MockContext } from '../context.ts'
import type { Durations, Metrics } from '../metrics.ts'
import { BOUNDS } from '../metrics.ts'

type LabelSet = Readonly<Record<string, string | number>>

interface Value {
  readonly value: number
  readonly labels: LabelSet
  /** Where it is not the metric's own. */
  readonly metricName?: string
}

/** A metric with its values, as prom-client writes one that was made in another process. */
interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly aggregator: 'sum'
  readonly values: readonly Value[]
}

type Size = Awaited<ReturnType<Store['size']>>

/** The metrics of a mock, and where its options say so those of its process, as Prometheus reads them. */
export async function toExposition({ metrics, version, choosing, processMetrics }: MockContext): Promise<Reply> {
  const size = await sizeOf(choosing.store) // of a store that cannot be reached nothing is told; of all else, it is
  const own = AggregatorRegistry.aggregate([
    [...ofRequests(metrics, version), ...ofPictures(metrics), ...(size === undefined ? [] : ofMemory(size))],
  ])
  const texts = await Promise.all([own.metrics(), ...(processMetrics ? [processRegistry().metrics()] : [])])
  const headers = {
    'content-type': Registry.PROMETHEUS_CONTENT_TYPE,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
  return { status: 200, headers, body: texts.join('\n') }
}

let ofProcess: Registry | undefined // there is one process, however often its files are read anew

function processRegistry(): Registry {
  if (ofProcess !== undefined) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}

function ofRequests(metrics: Metrics, version: string): Metric[] {
  const series = [...metrics.series()]
  const durations = new Map(
    series.map(({ labels: { operation, model }, durations: taken }) => [taken, { operation, model }]),
  )
  return [
    toMetric('gauge', 'build_info', {
      help: 'The version of the mock; always 1.',
      values: [{ value: 1, labels: { version } }],
    }),
    toMetric('counter', 'requests_total', {
      help: 'Requests that were answered.',
      values: series.map(({ labels, count }) => ({ value: count, labels: { ...labels } })),
    }),
    toHistogram(
      'request_duration_seconds',
      'Time from the head of a request to the last byte of its answer.',
      durations,
    ),
    toMetric('gauge', 'open_streams', {
      help: 'Answers that are being written piece by piece.',
      values: single(metrics.openStreams),
    }),
  ]
}

function ofPictures({ pictures }: Metrics): Metric[] {
  const { hits, misses, drawn, failed, dropped, durations, kept } = pictures
  return [
    toMetric('counter', 'picture_requests_total', {
      help: 'Pictures that were asked for; a hit was kept, a miss had to be drawn.',
      values: byResult({ hit: hits, miss: misses }),
    }),
    toMetric('counter', 'renders_total', {
      help: 'Pictures to be drawn; dropped ones had nobody left who waited for them.',
      values: byResult({ drawn, failed, dropped }),
    }),
    toHistogram('render_duration_seconds', 'Time to draw and encode a picture.', new Map([[durations, {}]])),
    toMetric('gauge', 'pictures_cached', { help: 'Pictures that are kept.', values: single(kept().values) }),
    toMetric('gauge', 'pictures_cached_bytes', {
      help: 'Bytes of the pictures that are kept.',
      values: single(kept().weight),
    }),
  ]
}

function ofMemory({ sessions, exchanges, bytes }: Size): Metric[] {
  return [
    toMetric('gauge', 'sessions', { help: 'Sessions that are remembered.', values: single(sessions) }),
    toMetric('gauge', 'exchanges', { help: 'Requests that the journal keeps.', values: single(exchanges) }),
    toMetric('gauge', 'exchanges_bytes', {
      help: 'Bytes of the requests that the journal keeps.',
      values: single(bytes),
    }),
  ]
}

function toMetric(type: Metric['type'], name: string, { help, values }: Pick<Metric, 'help' | 'values'>): Metric {
  return { type, name: `chat_image_mock_${name}`, help, aggregator: 'sum', values }
}

function single(value: number): Value[] {
  return [{ value, labels: {} }]
}

function byResult(counts: Readonly<Record<string, number>>): Value[] {
  return Object.entries(counts).map(([result, value]) => ({ value, labels: { result } }))
}

function toHistogram(name: string, help: string, all: ReadonlyMap<Durations, LabelSet>): Metric {
  const { name: whole } = toMetric('histogram', name, { help, values: [] })
  const values = [...all].flatMap(([{ counts, sum }, labels]): Value[] => {
    let count = 0
    const buckets = counts.map((more, i) => ({
      metricName: `${whole}_bucket`,
      labels: { ...labels, le: BOUNDS[i] ?? '+Inf' },
      value: (count += more),
    }))
    return [
      ...buckets,
      { metricName: `${whole}_sum`, labels, value: sum },
      { metricName: `${whole}_count`, labels, value: count },
    ]
  })
  return toMetric('histogram', name, { help, values })
}
