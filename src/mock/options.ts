import { document, operations, profiles, scenarios, validators, version } from '#prepared'
import type { Contract } from '../openapi/contract.ts'
import { loadContract, toContract } from '../openapi/contract.ts'
import type { Dialect } from '../errors/table.ts'
import { DIALECTS } from '../errors/table.ts'
import { suggestNames } from '../util/suggest.ts'
import type { Choosing } from '../scenarios/choose.ts'
import type { Fixtures } from '../scenarios/load-fixtures.ts'
import type { Scenarios } from '../scenarios/scenario.ts'
import { parseRedisUrl } from '../store/redis-url.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { toPace } from '../chat/parse-pace.ts'
import { Metrics } from '../app/metrics.ts'
import type { ContractMode, RequestLogEntry, Settings, Timer } from '../app/settings.ts'
import { CONTRACT_MODES } from '../app/settings.ts'
import { realTimer } from '../app/timer.ts'

/**
 * How a mock is made; each has a default that works.
 * @example
 * await createMock({ errors: 'gateway', pace: 'real', timer: async () => {} }) // as slow as the real ones, and no test waits
 */
export interface MockOptions {
  /** Another seed gives other ids and other pictures. */
  readonly seed?: string | number
  /** Whose statuses, words and envelope errors have: OpenAI's (the default) or the gateway's. */
  readonly errors?: Dialect
  /** `created`: always the same, or the time of day. */
  readonly clock?: 'fixed' | 'real'
  /** How long answers take: `instant` (the default), `real`, or a factor of `real`. */
  readonly pace?: 'instant' | 'real' | number
  /** What waits, when the pace is not instant; a test gives one that does not. */
  readonly timer?: Timer
  /** What links begin with: scheme, host, port, and a path if there is one. */
  readonly publicUrl?: string
  /** Bearer keys that pass; without them every key does, and none. */
  readonly apiKeys?: readonly string[]
  /** An OpenAPI 3.0 or 3.1 file in place of the packaged contract. */
  readonly spec?: string
  /** A folder whose `profiles.yaml` says how models of one's own speak, or packaged ones otherwise, and whose `scenarios/NAME.yaml` are scenarios of one's own. */
  readonly fixtures?: string
  /** The scenario that every request gets that asks for nothing else. */
  readonly scenario?: string
  /** Share of the chat requests, from 0 to 1, that get one of `faults`, drawn by the seed. */
  readonly faultRate?: number
  /** Scenarios to draw from, for `faultRate`. */
  readonly faults?: readonly string[]
  /** Whether a request that the contract forbids is refused (`enforce`, the default), or answered all the same where it can be understood (`report`). */
  readonly contract?: ContractMode
  /** How many Exchanges of a session are kept, 0 to 100000; 1000 unless it is given. Large ones are fewer: all together take 64 MiB at most. */
  readonly journal?: number
  /** Where several mocks remember together: a Redis or Valkey, as `redis://localhost:6379/0?prefix=mine`, or `rediss:` for TLS; in this process's memory unless it is given. It wants the package `@redis/client`. */
  readonly store?: string
  /** Further names by which the control API may be addressed. */
  readonly allowHosts?: readonly string[]
  /** A token without which the control API, probes excepted, answers nobody. */
  readonly controlToken?: string
  /** Read contract, profiles and scenarios anew when a file of `spec` or `fixtures` changes; a faulty one is told by `onFault`, and the old one stays. */
  readonly watch?: boolean
  /** Whether `/__mock/metrics` tells of the whole process as well, as the command does: its memory, processor time, descriptors, collections of garbage. */
  readonly processMetrics?: boolean
  /** Told of each request when it has been answered. */
  readonly onExchange?: (exchange: RequestLogEntry) => void
  /** Told of each fault of the mock itself. */
  readonly onFault?: (error: unknown) => void
}

/** What an option may be. */
export interface Rule {
  /** In words, behind "use". */
  readonly allowed: string
  readonly fits: (value: unknown) => boolean
  /** Its value stands in no error. */
  readonly isSecret?: true
}

const oneOf = (values: readonly string[]): Rule => ({
  allowed: values.map((value) => `'${value}'`).join(' or '),
  fits: (value) => values.some((known) => known === value),
})
const aWhole = (most: number): Rule => ({
  allowed: `a whole number from 0 to ${most}`,
  fits: (value) => Number.isInteger(value) && isWithin(value, most),
})
const aFunction: Rule = { allowed: 'a function', fits: (value) => typeof value === 'function' }
const trueOrFalse: Rule = { allowed: 'true or false', fits: (value) => typeof value === 'boolean' }
const aText = (allowed: string): Rule => ({ allowed, fits: (value) => typeof value === 'string' && value !== '' })
const texts: Rule = {
  allowed: 'a list of texts',
  fits: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
}

/** What each option of a mock may be. */
export const MOCK_RULES: Readonly<Record<keyof MockOptions, Rule>> = {
  seed: { allowed: 'a text or a number', fits: (value) => typeof value === 'string' || Number.isFinite(value) },
  errors: oneOf(DIALECTS),
  clock: oneOf(['fixed', 'real']),
  pace: {
    allowed: "'instant', 'real', or a factor from 0 to 1000",
    fits: (value) => isWithin(typeof value === 'string' ? toPace(value) : value, 1000),
  },
  timer: aFunction,
  publicUrl: {
    allowed: 'what links can begin with, as https://mock.example:8443/path, without credentials, query or brackets',
    fits: isLinkable,
    isSecret: true,
  },
  apiKeys: { ...texts, isSecret: true },
  spec: aText('the path of an OpenAPI file'),
  fixtures: aText('the path of a folder'),
  scenario: aText('the name of a scenario'),
  faultRate: { allowed: 'a number from 0 to 1', fits: (value) => isWithin(value, 1) },
  faults: texts,
  contract: oneOf(CONTRACT_MODES),
  journal: aWhole(100_000),
  store: {
    allowed: 'the URL of a Redis or Valkey, as redis://localhost:6379/0?prefix=mine',
    fits: (value) => typeof value === 'string' && parseRedisUrl(value) !== undefined,
    isSecret: true,
  },
  allowHosts: texts,
  controlToken: {
    allowed: 'a text of 1 to 200 characters of printable ASCII, without spaces',
    fits: (value) => typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value),
    isSecret: true,
  },
  watch: trueOrFalse,
  processMetrics: trueOrFalse,
  onExchange: aFunction,
  onFault: aFunction,
}

/** The options that say where a mock listens. */
export const LISTEN_RULES = { port: aWhole(65_535), host: aText('an address or a name of this machine') } as const

/** The options that say how a mock elsewhere is connected to. */
export const CONNECT_RULES = {
  wait: { allowed: 'a number of seconds from 0 to 3600', fits: (value: unknown) => isWithin(value, 3600) },
  controlToken: MOCK_RULES.controlToken,
} as const

/** Options without what they inherit; a RangeError for the first that is not known, or not as its rule says it. */
export function ownOptions<T extends object>(options: T, rules: Readonly<Record<string, Rule>>): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new RangeError(`options: write them as an object; there are ${Object.keys(rules).join(', ')}`)
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) {
      const near = suggestNames(name, Object.keys(rules))
      throw new RangeError(
        `${name.slice(0, 100)}: there is no such option; ${near.length === 0 ? '' : `did you mean ${near.join(' or ')}? `}there are ${Object.keys(rules).join(', ')}`,
      )
    }
    if (value === undefined || rule.fits(value)) continue
    const shown =
      rule.isSecret === true || !['string', 'number', 'boolean'].includes(typeof value)
        ? ''
        : `'${String(value).slice(0, 200)}' is none; `
    throw new RangeError(`${name}: ${shown}use ${rule.allowed}`)
  }
  return { ...options }
}

/** The Settings that options stand for; a RangeError names the option that is wrong, and what is allowed. */
export async function toSettings(
  given: MockOptions,
  store?: Store,
  metrics: Metrics = new Metrics(),
): Promise<Settings> {
  const options = ownOptions(given, MOCK_RULES)
  let source: ReturnType<Contract['source']> | undefined
  const packaged = toContract({ document, operations, validators, source: async () => (source ??= readPackaged()) })
  const own: Fixtures =
    options.fixtures === undefined
      ? { profiles: new Map(), scenarios: new Map() }
      : await (await import('../scenarios/load-fixtures.ts')).loadFixtures(options.fixtures, profiles)
  const contract = options.spec === undefined ? packaged : await loadContract(options.spec)
  const choosing = toChoosing(options, new Map([...scenarios, ...own.scenarios]))
  return {
    version,
    contract,
    packaged,
    profiles: new Map([...profiles, ...own.profiles]),
    ownModels: [...own.profiles.keys()].filter((name) => name !== '*'),
    choosing: { ...choosing, store: store ?? (await openStore(options)) }, // the last that can fail: what is opened is also closed
    contractMode: options.contract ?? 'enforce',
    errors: options.errors ?? 'openai',
    seed: String(options.seed ?? 0),
    clock: options.clock === 'real' ? Date.now : () => FIXED,
    timer: options.timer ?? realTimer,
    pace: typeof options.pace === 'number' ? options.pace : (toPace(options.pace ?? 'instant') ?? 0),
    publicUrl: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).href.replace(/\/$/, ''),
    apiKeys: options.apiKeys ?? [],
    allowHosts: options.allowHosts ?? [],
    controlToken: options.controlToken,
    onExchange: options.onExchange,
    onFault: options.onFault ?? (() => {}),
    metrics,
    processMetrics: options.processMetrics ?? false,
  }
}

/** 1677652288 seconds: the time in the provider's own example. */
const FIXED = 1_677_652_288_000

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most
}

// Links stand in markdown and in JSON: nothing that either of them reads, and no credentials.
function isLinkable(value: unknown): boolean {
  return (
    typeof value === 'string' && URL.canParse(value) && /^https?:\/\/[^\s@?#()[\]"'\\<>|]+$/.test(new URL(value).href)
  )
}

async function openStore({ store, journal = 1000, onFault = () => {} }: MockOptions): Promise<Store> {
  if (store === undefined) return new MemoryStore({ exchanges: journal })
  const onLost = (error: unknown): void => {
    try {
      onFault(error)
    } catch {
      // there is nobody left to tell
    }
  }
  return (await import('../store/redis/redis-store.ts')).openRedis(store, { exchanges: journal, onLost })
}

function toChoosing(
  { scenario, faultRate = 0, faults = [], seed = 0 }: MockOptions,
  catalogue: Scenarios,
): Omit<Choosing, 'store'> {
  for (const [option, name] of [
    ...(scenario === undefined ? [] : [['scenario', scenario] as const]),
    ...faults.map((fault) => ['faults', fault] as const),
  ]) {
    const near = suggestNames(name, catalogue.keys())
    if (!catalogue.has(name))
      throw new RangeError(
        `${option}: there is no scenario '${name}'${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`,
      )
  }
  if (faultRate > 0 && faults.length === 0)
    throw new RangeError('faultRate: there is nothing to draw from; name scenarios in faults, or with --fault')
  const conditional = [...catalogue.values()].flatMap(({ name, when }) => (when === undefined ? [] : [{ name, when }]))
  return { catalogue, conditional, scenario, faultRate, faults, seed: String(seed) }
}

async function readPackaged(): ReturnType<Contract['source']> {
  const [{ createRequire }, { loadFile }] = await Promise.all([import('node:module'), import('../openapi/document.ts')])
  return loadFile(createRequire(import.meta.url).resolve('#openapi'))
}
