import { type ContractMode, type RequestLogEntry, type Timer, CONTRACT_MODES } from '../app/settings.ts'
import { toPace } from '../chat/delays.ts'
import { type Dialect, DIALECTS } from '../errors/table.ts'
import { parseRedisUrl } from '../store/redis-url.ts'
import { didYouMean } from '../util/suggest.ts'
import {
  type Option,
  aFunction,
  isWithin,
  listOf,
  nonEmptyText,
  oneOf,
  seconds,
  trueOrFalse,
  wholeNumber,
} from './option-checks.ts'

/**
 * How a mock behaves. Every option has a default.
 * @example
 * await createMock({ errors: 'gateway', pace: 'real', timer: async () => {} }) // as slow as the real models, but no test waits
 */
export interface MockOptions {
  /** Path of a custom OpenAPI 3.0 or 3.1 file; replaces the packaged contract. */
  readonly spec?: string
  /**
   * Folder with custom models in `profiles.yaml` and custom scenarios in `scenarios/NAME.yaml`. They extend and
   * override the packaged ones.
   */
  readonly fixtures?: string
  /** What links begin with: scheme, host, port and optionally a path. Defaults to the request's Host. */
  readonly publicUrl?: string
  /** Default scenario, for chat requests that no other scenario applies to. */
  readonly scenario?: string
  /** Share of the chat requests, 0 to 1, that get one of `faults`. The choice depends on the seed. */
  readonly faultRate?: number
  /** Scenarios that `faultRate` chooses from. */
  readonly faults?: readonly string[]
  /**
   * `enforce`, the default, rejects requests that violate the contract. `strict` also rejects those with fields that the
   * contract does not name. `report` answers invalid requests where possible and reports the violations.
   */
  readonly contract?: ContractMode
  /** Exchanges kept for each session, 0 to 100000; 1000 by default. All sessions together keep at most 64 MiB. */
  readonly journal?: number
  /**
   * Redis or Valkey that several mocks share, as `redis://localhost:6379/0?prefix=mine`, or `rediss:` for TLS. Needs
   * the package `@redis/client`. Defaults to this process's memory.
   */
  readonly store?: string
  /** Additional host names under which the control API can be called. */
  readonly allowHosts?: readonly string[]
  /** Token that every request to the control API must carry, except probes. */
  readonly controlToken?: string
  /** Whether a browser gets the page at `/`. Defaults to true. */
  readonly page?: boolean
  /**
   * Reload contract, profiles and scenarios when a file of `spec` or `fixtures` changes. Invalid files are reported to
   * `onFault`; the last valid version stays in use.
   */
  readonly watch?: boolean
  /** How long answers take: `instant` (the default), `real`, or a factor of `real` from 0 to 1000. */
  readonly pace?: 'instant' | 'real' | number
  /**
   * How the mock rejects requests and reports faults: as OpenAI's API (`openai`, the default), as the gateway's builds of
   * 2026 (`gateway`), or as those of 2025 (`gateway-2025`).
   */
  readonly errors?: Dialect
  /** Value of the gateway's header `X-New-Api-Version`, which its builds of 2026 send. */
  readonly gatewayVersion?: string
  /** Bearer keys that are accepted. By default every key is accepted, and no key too. */
  readonly apiKeys?: readonly string[]
  /** Another seed gives other ids and other pictures. */
  readonly seed?: string | number
  /** The time in `created`: always the same (`fixed`, the default) or the current time (`real`). */
  readonly clock?: 'fixed' | 'real'
  /** Performs all waits, unless the pace is `instant`. A test can pass one that returns at once. */
  readonly timer?: Timer
  /** Whether `/__mock/metrics` also reports on the process: memory, CPU time, file descriptors, garbage collection. */
  readonly processMetrics?: boolean
  /**
   * Called after each response, with what the log shows of it: model, size, start of the prompt, violations and more.
   */
  readonly onExchange?: (exchange: RequestLogEntry) => void
  /** Called with each internal error of the mock. */
  readonly onFault?: (error: unknown) => void
}

/**
 * Where a mock listens.
 * @example
 * await startMock({ port: 4010, host: '0.0.0.0' })
 */
export interface ListenOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  /** An address of this machine, or `0.0.0.0` for all. Defaults to `127.0.0.1`. */
  readonly host?: string
}

/**
 * How to connect to a mock in another process.
 * @example
 * await connectMock('http://localhost:4010', { wait: 30, controlToken: process.env.MOCK_CONTROL_TOKEN })
 */
export interface ConnectOptions {
  /** Seconds to wait until the mock is ready, 0 to 3600; 10 by default. */
  readonly wait?: number
  /** Token that its control API requires. */
  readonly controlToken?: string
}

/** Where a mock listens. */
export const LISTEN_OPTIONS = {
  port: {
    ...wholeNumber(65_535),
    flag: { name: 'port', env: 'PORT', value: 'N', defaultsTo: '4010', group: 'Server' },
    help: 'port to listen on; 0 takes any free port',
  },
  host: {
    ...nonEmptyText('an address or a name of this machine'),
    flag: { name: 'host', env: 'HOST', value: 'ADDRESS', defaultsTo: '127.0.0.1', group: 'Server' },
    help: 'address to listen on; 0.0.0.0 listens on all addresses',
  },
} satisfies Record<keyof ListenOptions, Option>

/** How a mock behaves. */
export const MOCK_OPTIONS = {
  publicUrl: {
    allowed: 'a URL such as https://mock.example:8443/path, without credentials, query and brackets',
    // Links are written into Markdown and JSON: no character that is syntax there, and no credentials.
    isAllowed: (value) =>
      typeof value === 'string' &&
      URL.canParse(value) &&
      /^https?:\/\/[^\s@?#()[\]"'\\<>|]+$/.test(new URL(value).href),
    isSecret: true,
    flag: {
      name: 'public-url',
      env: 'MOCK_PUBLIC_URL',
      value: 'URL',
      defaultsTo: "the request's Host",
      group: 'Server',
    },
    help: 'start of all links to pictures, for a mock behind a proxy',
  },
  apiKeys: {
    ...listOf('a key that is not empty', /./),
    isSecret: true,
    flag: { name: 'api-key', env: 'MOCK_API_KEY', value: 'KEY', defaultsTo: 'all keys are accepted', group: 'Server' },
    help: 'accept only this API key',
  },
  allowHosts: {
    ...listOf('a host name', /^[\w.-]+$/),
    flag: { name: 'allow-host', env: 'MOCK_ALLOW_HOST', value: 'NAME', defaultsTo: 'local names', group: 'Server' },
    help: 'additional host name of the control API',
  },
  controlToken: {
    allowed: '1 to 200 characters of printable ASCII, without spaces',
    isAllowed: (value) => typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value),
    isSecret: true,
    flag: { name: 'control-token', env: 'MOCK_CONTROL_TOKEN', value: 'TOKEN', defaultsTo: 'none', group: 'Server' },
    help: 'token that the control API requires in the header x-mock-control-token',
  },
  page: {
    ...trueOrFalse,
    type: 'off switch',
    flag: { name: 'no-page', env: 'MOCK_NO_PAGE', value: '', defaultsTo: 'off', group: 'Server' },
    help: 'do not serve the page at /',
  },
  watch: {
    ...trueOrFalse,
    flag: { name: 'watch', env: 'MOCK_WATCH', value: '', defaultsTo: 'off', group: 'Server' },
    help: 'reload the files of --spec and --fixtures when they change; the last valid version stays in use',
  },
  fixtures: {
    ...nonEmptyText('the path of a folder'),
    flag: { name: 'fixtures', env: 'MOCK_FIXTURES', value: 'FOLDER', defaultsTo: 'none', group: 'Answers' },
    help: 'folder with your own models (profiles.yaml) and scenarios (scenarios/NAME.yaml)',
  },
  errors: {
    ...oneOf(DIALECTS),
    flag: { name: 'errors', env: 'MOCK_ERRORS', value: 'FORMAT', defaultsTo: 'openai', group: 'Answers' },
    help: 'error format: openai, gateway for the checks, statuses and messages of the gateway, or gateway-2025 for those of its older builds',
  },
  gatewayVersion: {
    allowed: '1 to 100 characters of printable ASCII',
    isAllowed: (value) => typeof value === 'string' && /^[\x20-\x7e]{1,100}$/.test(value),
    flag: {
      name: 'gateway-version',
      env: 'MOCK_GATEWAY_VERSION',
      value: 'TEXT',
      defaultsTo: 'v0.0.0',
      group: 'Answers',
    },
    help: 'value of the header X-New-Api-Version, which the mock sends with --errors gateway',
  },
  pace: {
    allowed: "'instant', 'real' or a factor from 0 to 1000",
    allowedText: 'instant, real or a factor from 0 to 1000',
    isAllowed: (value) => isWithin(typeof value === 'string' ? toPace(value) : value, 1000),
    flag: { name: 'pace', env: 'MOCK_PACE', value: 'PACE', defaultsTo: 'instant', group: 'Answers' },
    help: 'how long responses take: instant, real, or a factor of real (0.1 is ten times as fast)',
  },
  seed: {
    allowed: 'a string or a number',
    isAllowed: (value) => typeof value === 'string' || Number.isFinite(value),
    flag: { name: 'seed', env: 'MOCK_SEED', value: 'TEXT', defaultsTo: '0', group: 'Answers' },
    help: 'another seed gives other ids and other pictures',
  },
  clock: {
    ...oneOf(['fixed', 'real']),
    flag: { name: 'clock', env: 'MOCK_CLOCK', value: 'CLOCK', defaultsTo: 'fixed', group: 'Answers' },
    help: 'the time in created: fixed (always the same) or real (the current time)',
  },
  spec: {
    ...nonEmptyText('the path of an OpenAPI file'),
    flag: { name: 'spec', env: 'MOCK_SPEC', value: 'FILE', defaultsTo: 'packaged', group: 'Contract' },
    help: 'serve this OpenAPI 3.0 or 3.1 file as the contract',
  },
  contract: {
    ...oneOf(CONTRACT_MODES),
    flag: { name: 'contract', env: 'MOCK_CONTRACT', value: 'MODE', defaultsTo: 'enforce', group: 'Contract' },
    help: 'enforce rejects invalid requests; strict also those with unknown fields; report answers and reports them',
  },
  scenario: {
    ...nonEmptyText('the name of a scenario'),
    flag: { name: 'scenario', env: 'MOCK_SCENARIO', value: 'NAME', defaultsTo: 'none', group: 'Faults' },
    help: 'default scenario for chat requests',
  },
  faultRate: {
    type: 'number',
    allowed: 'a number from 0 to 1',
    isAllowed: (value) => isWithin(value, 1),
    flag: { name: 'fault-rate', env: 'MOCK_FAULT_RATE', value: 'SHARE', defaultsTo: '0', group: 'Faults' },
    help: 'share of the chat requests, 0 to 1, that get one of the scenarios of --fault',
  },
  faults: {
    ...listOf('the name of a scenario', /./),
    flag: { name: 'fault', env: 'MOCK_FAULT', value: 'NAME', defaultsTo: 'none', group: 'Faults' },
    help: 'scenario for --fault-rate',
  },
  store: {
    allowed: 'the URL of a Redis or Valkey such as redis://localhost:6379/0?prefix=mine',
    isAllowed: (value) => typeof value === 'string' && parseRedisUrl(value) !== undefined,
    isSecret: true,
    flag: { name: 'store', env: 'MOCK_STORE', value: 'URL', defaultsTo: "this process's memory", group: 'State' },
    help: 'Redis or Valkey that several mocks share: redis://HOST:PORT/0?prefix=NAME, or rediss: for TLS; put a URL with a password in the variable, since flags are visible to other users',
  },
  journal: {
    ...wholeNumber(100_000),
    flag: { name: 'journal', env: 'MOCK_JOURNAL', value: 'N', defaultsTo: '1000', group: 'State' },
    help: 'number of exchanges (requests with their responses) that are kept for each session',
  },
  timer: aFunction,
  processMetrics: trueOrFalse,
  onExchange: aFunction,
  onFault: aFunction,
} satisfies Record<keyof MockOptions, Option>

/** How to connect to a mock in another process. */
export const CONNECT_OPTIONS = {
  wait: {
    ...seconds,
    flag: { name: 'wait', env: 'MOCK_WAIT', value: 'SECONDS', defaultsTo: '0', command: 'ready', group: 'Server' },
    help: 'for the command ready: how long to wait until the mock is ready',
  },
  controlToken: MOCK_OPTIONS.controlToken,
} satisfies Record<keyof ConnectOptions, Option>

/**
 * A copy of the options without inherited ones. A RangeError names the first that is unknown or not allowed by `table`.
 */
export function ownOptions<T extends object>(options: T, table: Readonly<Record<string, Option>>): T {
  const names = Object.keys(table)
  const all = `The options are ${names.join(', ')}.`
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new RangeError(`the options are not an object. ${all}`)
  for (const [name, value] of Object.entries(options)) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined
    if (option === undefined)
      throw new RangeError(`${name.slice(0, 100)}: unknown option.${didYouMean(name, names)} ${all}`)
    if (value === undefined || option.isAllowed(value)) continue
    const isShown = option.isSecret !== true && ['string', 'number', 'boolean'].includes(typeof value)
    throw new RangeError(`${name}: ${invalid(isShown ? String(value) : undefined)} Use ${option.allowed}.`)
  }
  return { ...options }
}

/** The first sentence of the error for a value; an undefined one is not repeated. */
export function invalid(value: string | undefined): string {
  return `${value === undefined ? 'this value' : `'${value.slice(0, 200)}'`} is not valid.`
}
