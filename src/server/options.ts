import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import type { Contract } from '../contract/contract.ts'
import { loadContract, toContract } from '../contract/contract.ts'
import type { Dialect } from '../reply/errors.ts'
import { DIALECTS } from '../reply/errors.ts'
import { nearNames } from '../reply/near.ts'
import type { Choosing } from '../scenario/choose.ts'
import type { Fixtures } from '../scenario/fixtures.ts'
import type { Catalogue } from '../scenario/scenario.ts'
import { MemoryStore } from '../store/memory.ts'
import type { Store } from '../store/store.ts'
import { toPace } from './pace.ts'
import type { ContractMode, Handled, Settings, Timer } from './settings.ts'
import { CONTRACT_MODES } from './settings.ts'

/** How a mock is made; each has a default that works. */
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
  /** How many Exchanges of a session are kept; 1000 unless it is given. */
  readonly journal?: number
  /** Further names by which the control API may be addressed. */
  readonly allowHosts?: readonly string[]
  /** A token without which the control API, probes excepted, answers nobody. */
  readonly controlToken?: string
  /** Read contract, profiles and scenarios anew when a file of `spec` or `fixtures` changes; a faulty one is told by `onFault`, and the old one stays. */
  readonly watch?: boolean
  /** Told of each request when it has been answered. */
  readonly onExchange?: (exchange: Handled) => void
  /** Told of each fault of the mock itself. */
  readonly onFault?: (error: unknown) => void
}

const NAMES: Readonly<Record<keyof MockOptions, true>> = {
  seed: true,
  errors: true,
  clock: true,
  pace: true,
  timer: true,
  publicUrl: true,
  apiKeys: true,
  spec: true,
  fixtures: true,
  scenario: true,
  faultRate: true,
  faults: true,
  contract: true,
  journal: true,
  allowHosts: true,
  controlToken: true,
  watch: true,
  onExchange: true,
  onFault: true,
}

/** The Settings that options stand for; a RangeError names the option that is wrong, and what is allowed. */
export async function toSettings(options: MockOptions, store: Store = new MemoryStore({ exchanges: checkJournal(options.journal ?? 1000) })): Promise<Settings> {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(NAMES, name))
  if (unknown !== undefined) throw new RangeError(`${unknown}: there is no such option; there are ${Object.keys(NAMES).join(', ')}`)
  const { document, validators, profiles, scenarios, version } = await import('#prepared')
  let source: ReturnType<Contract['source']> | undefined
  const packaged = toContract(document, validators, async () => (source ??= readPackaged()))
  const own: Fixtures = options.fixtures === undefined ? { profiles: new Map(), scenarios: new Map() } : await (await import('../scenario/fixtures.ts')).loadFixtures(options.fixtures, profiles)
  return {
    version,
    contract: options.spec === undefined ? packaged : await loadContract(options.spec),
    packaged,
    profiles: new Map([...profiles, ...own.profiles]),
    ownModels: [...own.profiles.keys()].filter((name) => name !== '*'),
    choosing: toChoosing(options, new Map([...scenarios, ...own.scenarios]), store),
    contractMode: oneOf('contract', options.contract ?? 'enforce', CONTRACT_MODES),
    errors: oneOf('errors', options.errors ?? 'openai', DIALECTS),
    seed: String(options.seed ?? 0),
    clock: oneOf('clock', options.clock ?? 'fixed', ['fixed', 'real']) === 'real' ? Date.now : () => FIXED,
    timer: options.timer ?? (async (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal })),
    pace: checkPace(options.pace ?? 'instant'),
    publicUrl: options.publicUrl === undefined ? undefined : checkUrl(options.publicUrl),
    apiKeys: checkList('apiKeys', options.apiKeys ?? []),
    allowHosts: checkList('allowHosts', options.allowHosts ?? []),
    controlToken: options.controlToken,
    onExchange: options.onExchange,
    onFault: options.onFault ?? (() => {}),
  }
}

/** 1677652288 seconds: the time in the provider's own example. */
const FIXED = 1_677_652_288_000

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value)
  if (found === undefined) throw new RangeError(`${option}: '${value}' is none; use ${allowed.map((known) => `'${known}'`).join(' or ')}`)
  return found
}

// From plain JavaScript a text may come in place of a list.
function checkList(option: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new RangeError(`${option}: use a list of texts`)
}

function checkPace(value: string | number): number {
  const pace = typeof value === 'number' ? value : toPace(value)
  if (pace !== undefined && pace >= 0 && pace <= 1000) return pace
  throw new RangeError(`pace: '${value}' is none; use 'instant', 'real', or a factor from 0 to 1000`)
}

// Links stand in markdown and in JSON: nothing that either of them reads, and no credentials.
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:\/\/[^\s@?#()[\]"'\\<>|]+$/.test(url.href)) {
    throw new RangeError('publicUrl: links cannot begin with this; write it as https://mock.example:8443/path, without credentials, query or brackets')
  }
  return url.href.replace(/\/$/, '')
}

function checkJournal(journal: number): number {
  if (Number.isInteger(journal) && journal >= 0 && journal <= 100_000) return journal
  throw new RangeError(`journal: '${journal}' is none; use a whole number from 0 to 100000`)
}

function toChoosing({ scenario, faultRate = 0, faults = [], seed = 0 }: MockOptions, catalogue: Catalogue, store: Store): Choosing {
  for (const name of [...(scenario === undefined ? [] : [scenario]), ...checkList('faults', faults)]) {
    const near = nearNames(name, catalogue.keys())
    if (!catalogue.has(name)) throw new RangeError(`there is no scenario '${name}'${near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`}`)
  }
  if (!(faultRate >= 0 && faultRate <= 1)) throw new RangeError(`faultRate: '${faultRate}' is none; use a number from 0 to 1`)
  if (faultRate > 0 && faults.length === 0) throw new RangeError('faultRate: there is nothing to draw from; name scenarios in faults, or with --fault')
  return { catalogue, store, scenario, faultRate, faults, seed: String(seed) }
}

async function readPackaged(): ReturnType<Contract['source']> {
  const { loadFile } = await import('../contract/document.ts')
  return loadFile(createRequire(import.meta.url).resolve('#openapi'))
}
