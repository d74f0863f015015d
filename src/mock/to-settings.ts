import {
  document,
  gatewayBuilds,
  operations,
  profiles,
  scenarios as packagedScenarios,
  validators,
  version,
} from '#prepared'
import { Metrics } from '../app/metrics.ts'
import { guarded } from '../app/mock-context.ts'
import type { Settings } from '../app/settings.ts'
import { realTimer } from '../app/waits.ts'
import { scriptedOperations } from '../app/routes/operations.ts'
import { toPace } from '../chat/delays.ts'
import { type Contract, loadContract, toContract } from '../openapi/contract.ts'
import type { OnRead } from '../openapi/document.ts'
import type { Choosing } from '../scenarios/choose.ts'
import { findScenario } from '../scenarios/find-scenario.ts'
import type { Fixtures } from '../scenarios/load-fixtures.ts'
import type { Scenarios } from '../scenarios/scenario.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/store.ts'
import { OptionError } from '../util/option-error.ts'
import { didYouMean } from '../util/suggest.ts'
import { type MockOptions, MOCK_OPTIONS, ownOptions } from './options.ts'

const FIXED = 1_677_652_288_000 // 1677652288 seconds: the time in the provider's example

/** What Settings take from the caller beside its options: a store that is open, metrics that go on, and callbacks. */
export interface Internals {
  readonly store?: Store
  readonly metrics?: Metrics
  readonly onStream?: Settings['onStream']
  readonly onRead?: OnRead | undefined
  /** Called with a message when the store can be reached again. */
  readonly onStoreBack?: (message: string) => void
}

/**
 * The Settings for some options, with their files loaded. A RangeError names an invalid option, a FileError the place
 * in a file. Without a store it opens one as its last step, so that an error leaves nothing open.
 */
export async function toSettings(
  given: MockOptions,
  { store, metrics = new Metrics(), onStream, onStoreBack, onRead }: Internals = {},
): Promise<Settings> {
  const options = ownOptions(given, MOCK_OPTIONS)
  let source: ReturnType<Contract['source']> | undefined
  const packaged = toContract({
    document,
    file: 'openapi.yaml',
    operations,
    validators,
    source: async () => (source ??= readPackaged()),
  })
  const own: Fixtures = options.fixtures
    ? await (await import('../scenarios/load-fixtures.ts')).loadFixtures(options.fixtures, profiles, onRead)
    : { profiles: new Map(), scenarios: new Map() }
  const contract = options.spec === undefined ? packaged : await loadContract(options.spec, onRead)
  const { errors = 'openai' } = options
  const choosing = toChoosing(options, new Map([...packagedScenarios, ...own.scenarios]))
  return {
    version,
    contract,
    packaged,
    profiles: new Map([...profiles, ...own.profiles]),
    ownModels: [...own.profiles.keys()].filter((name) => name !== '*'),
    ownScenarios: [...own.scenarios.keys()],
    ...choosing,
    scripted: scriptedOperations(contract, packaged),
    store: store ?? (await openStore(options, onStoreBack)),
    contractMode: options.contract ?? 'enforce',
    errors,
    gateway: errors === 'openai' ? undefined : gatewayBuilds[errors],
    gatewayVersion: options.gatewayVersion ?? 'v0.0.0',
    clock: options.clock === 'real' ? Date.now : () => FIXED,
    timer: options.timer ?? realTimer,
    pace: typeof options.pace === 'number' ? options.pace : (toPace(options.pace ?? 'instant') ?? 0),
    publicUrl: options.publicUrl === undefined ? undefined : new URL(options.publicUrl).href.replace(/\/$/, ''),
    apiKeys: options.apiKeys ?? [],
    allowHosts: options.allowHosts ?? [],
    controlToken: options.controlToken,
    page: options.page ?? true,
    onExchange: options.onExchange,
    onStream,
    onFault: options.onFault ?? (() => {}),
    metrics,
    processMetrics: options.processMetrics ?? false,
  }
}

async function openStore(
  { store, journal = 1000, onFault = () => {} }: MockOptions,
  onBack: Internals['onStoreBack'] = () => {},
): Promise<Store> {
  if (store === undefined) return new MemoryStore({ exchanges: journal })
  const { openRedis } = await import('../store/redis/redis-store.ts')
  return openRedis(store, { exchanges: journal, onLost: guarded(onFault, () => {}), onBack })
}

function toChoosing(
  { scenario, faultRate = 0, faults = [], seed = 0 }: MockOptions,
  scenarios: Scenarios,
): Omit<Choosing, 'store' | 'scripted'> {
  const named = faults.map((name) => ({ option: 'faults', name }))
  if (scenario !== undefined) named.unshift({ option: 'scenario', name: scenario })
  const unknown = named.find(({ name }) => findScenario(scenarios, name) === undefined)
  if (unknown !== undefined) {
    const { option, name } = unknown
    const hint = didYouMean(name, scenarios.keys()) || ' The command `chat-image-mock scenarios` lists all.'
    throw new OptionError((nameOf) => `${nameOf(option)}: there is no scenario '${name}'.${hint}`)
  }
  if (faultRate > 0 && faults.length === 0)
    throw new OptionError(
      (nameOf) => `${nameOf('faultRate')}: there are no scenarios to choose from. Name them with ${nameOf('faults')}.`,
    )
  const conditional = [...scenarios.values()].flatMap(({ name, when }) => (when === undefined ? [] : [{ name, when }]))
  return { scenarios, conditional, scenario, faultRate, faults, seed: String(seed) }
}

async function readPackaged(): ReturnType<Contract['source']> {
  const [{ createRequire }, { loadFile }] = await Promise.all([import('node:module'), import('../openapi/document.ts')])
  return loadFile(createRequire(import.meta.url).resolve('#openapi'))
}
