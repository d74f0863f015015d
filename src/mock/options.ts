import { type ContractMode, type RequestLogEntry, type Timer, CONTRACT_MODES } from '../app/settings.ts'
import { toPace } from '../chat/delays.ts'
import { type Dialect, DIALECTS } from '../errors/table.ts'
import { parseRedisUrl } from '../store/redis-url.ts'
import { suggestNames } from '../util/suggest.ts'

/**
 * How a mock behaves. Every option has a default.
 * @example
 * await createMock({ errors: 'gateway', pace: 'real', timer: async () => {} }) // as slow as the real models, but no test waits
 */
export interface MockOptions {
  /** Path of a custom OpenAPI 3.0 or 3.1 file; replaces the packaged contract. */
  readonly spec?: string
  /** Folder with custom models in `profiles.yaml` and custom scenarios in `scenarios/NAME.yaml`. They extend and override the packaged ones. */
  readonly fixtures?: string
  /** What links begin with: scheme, host, port and optionally a path. Defaults to the request's Host. */
  readonly publicUrl?: string
  /** Default scenario, for chat requests that no other scenario applies to. */
  readonly scenario?: string
  /** Share of the chat requests, 0 to 1, that get one of `faults`. The choice depends on the seed. */
  readonly faultRate?: number
  /** Scenarios that `faultRate` chooses from. */
  readonly faults?: readonly string[]
  /** `enforce`, the default, rejects requests that violate the contract. `report` answers them where possible and reports the violations. */
  readonly contract?: ContractMode
  /** Exchanges kept for each session, 0 to 100000; 1000 by default. All sessions together keep at most 64 MiB. */
  readonly journal?: number
  /** Redis or Valkey that several mocks share, as `redis://localhost:6379/0?prefix=mine`, or `rediss:` for TLS. Needs the package `@redis/client`. Defaults to this process's memory. */
  readonly store?: string
  /** Additional host names under which the control API can be called. */
  readonly allowHosts?: readonly string[]
  /** Token that every request to the control API must carry, except probes. */
  readonly controlToken?: string
  /** Reload contract, profiles and scenarios when a file of `spec` or `fixtures` changes. Invalid files are reported to `onFault`; the last valid version stays in use. */
  readonly watch?: boolean
  /** How long answers take: `instant` (the default), `real`, or a factor of `real` from 0 to 1000. */
  readonly pace?: 'instant' | 'real' | number
  /** Error format: OpenAI's (`openai`, the default) or the gateway's (`gateway`). */
  readonly errors?: Dialect
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
  /** Called after each request has been answered. */
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

/** What an option's value can be. */
interface Check {
  /** The allowed values in words, for errors. */
  readonly allowed: string
  /** The same for a flag or a variable, where these are other words. */
  readonly allowedText?: string
  readonly isAllowed: (value: unknown) => boolean
  /** What the text of a flag or a variable becomes; a text by default. A list is a repeated flag, or commas in the variable. */
  readonly type?: 'number' | 'switch' | 'list'
  /** Errors do not repeat the value: it may hold a password. */
  readonly isSecret?: true
}

/** An option that the command takes too. */
export interface CommandOption extends Check {
  readonly flag: {
    /** Without its dashes. */
    readonly name: string
    /** The environment variable. */
    readonly env: string
    /** Placeholder for its value; empty for a switch. */
    readonly value: string
    /** The default in words. */
    readonly defaultsTo: string
    /** The only command that takes it. */
    readonly command?: 'ready'
  }
  /** Its description in `--help` and in the README. */
  readonly help: string
}

/** An option; one without a flag can only be set in code. */
export type Option = Check | CommandOption

const isWithin = (value: unknown, most: number): boolean => typeof value === 'number' && value >= 0 && value <= most
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const nonEmptyText = (allowed: string): Check => ({ allowed, isAllowed: isText })
const wholeNumber = (most: number): Check => ({
  type: 'number',
  allowed: `a whole number from 0 to ${most}`,
  isAllowed: (value) => Number.isInteger(value) && isWithin(value, most),
})
export const oneOf = (values: readonly string[], separator = ' or '): Check => ({
  allowed: values.map((value) => `'${value}'`).join(separator),
  allowedText: values.join(separator),
  isAllowed: (value) => values.some((known) => known === value),
})
const listOf = (item: string, pattern: RegExp): Check => ({
  type: 'list',
  allowed: 'a list of texts',
  allowedText: item,
  isAllowed: (value) => Array.isArray(value) && value.every((one) => isText(one) && pattern.test(one)),
})
const aFunction: Check = { allowed: 'a function', isAllowed: (value) => typeof value === 'function' }
export const trueOrFalse: Check = {
  type: 'switch',
  allowed: 'true or false',
  isAllowed: (value) => typeof value === 'boolean',
}
export const seconds: Check = {
  type: 'number',
  allowed: 'a number of seconds from 0 to 3600',
  allowedText: 'seconds from 0 to 3600',
  isAllowed: (value) => isWithin(value, 3600),
}

/** Where a mock listens. */
export const LISTEN_OPTIONS = {
  port: {
    ...wholeNumber(65_535),
    flag: { name: 'port', env: 'PORT', value: 'N', defaultsTo: '4010' },
    help: 'port to listen on; 0 takes any free one',
  },
  host: {
    ...nonEmptyText('an address or a name of this machine'),
    flag: { name: 'host', env: 'HOST', value: 'ADDRESS', defaultsTo: '127.0.0.1' },
    help: 'address to listen on; 0.0.0.0 for all',
  },
} satisfies Record<keyof ListenOptions, Option>

/** How a mock behaves. */
export const MOCK_OPTIONS = {
  spec: {
    ...nonEmptyText('the path of an OpenAPI file'),
    flag: { name: 'spec', env: 'MOCK_SPEC', value: 'FILE', defaultsTo: 'packaged' },
    help: 'another OpenAPI 3.0 or 3.1 file to serve',
  },
  fixtures: {
    ...nonEmptyText('the path of a folder'),
    flag: { name: 'fixtures', env: 'MOCK_FIXTURES', value: 'FOLDER', defaultsTo: 'packaged' },
    help: 'a folder whose profiles.yaml and scenarios/ are laid over the packaged ones',
  },
  publicUrl: {
    allowed: 'what links can begin with, as https://mock.example:8443/path, without credentials, query or brackets',
    // Links are written into markdown and JSON: no character that is syntax there, and no credentials.
    isAllowed: (value) =>
      typeof value === 'string' &&
      URL.canParse(value) &&
      /^https?:\/\/[^\s@?#()[\]"'\\<>|]+$/.test(new URL(value).href),
    isSecret: true,
    flag: { name: 'public-url', env: 'MOCK_PUBLIC_URL', value: 'URL', defaultsTo: "the request's Host" },
    help: 'what links begin with, for a mock behind a proxy',
  },
  scenario: {
    ...nonEmptyText('the name of a scenario'),
    flag: { name: 'scenario', env: 'MOCK_SCENARIO', value: 'NAME', defaultsTo: 'none' },
    help: 'the scenario that every chat request gets that asks for nothing else',
  },
  faultRate: {
    type: 'number',
    allowed: 'a number from 0 to 1',
    isAllowed: (value) => isWithin(value, 1),
    flag: { name: 'fault-rate', env: 'MOCK_FAULT_RATE', value: 'SHARE', defaultsTo: '0' },
    help: 'share of the chat requests that get one of the scenarios of --fault',
  },
  faults: {
    ...listOf('the name of a scenario', /./),
    flag: { name: 'fault', env: 'MOCK_FAULT', value: 'NAME', defaultsTo: 'none' },
    help: 'a scenario to draw from, for --fault-rate; repeat it, or use commas in the variable',
  },
  contract: {
    ...oneOf(CONTRACT_MODES),
    flag: { name: 'contract', env: 'MOCK_CONTRACT', value: 'MODE', defaultsTo: 'enforce' },
    help: 'enforce refuses what the contract forbids; report answers what can be understood of it, and tells',
  },
  journal: {
    ...wholeNumber(100_000),
    flag: { name: 'journal', env: 'MOCK_JOURNAL', value: 'N', defaultsTo: '1000' },
    help: 'requests of a session that are remembered',
  },
  store: {
    allowed: 'the URL of a Redis or Valkey, as redis://localhost:6379/0?prefix=mine',
    isAllowed: (value) => typeof value === 'string' && parseRedisUrl(value) !== undefined,
    isSecret: true,
    flag: { name: 'store', env: 'MOCK_STORE', value: 'URL', defaultsTo: "this process's memory" },
    help: 'a Redis or Valkey where several mocks remember together, as redis://HOST:PORT/0?prefix=NAME; rediss: for TLS',
  },
  allowHosts: {
    ...listOf('a host name', /^[\w.-]+$/),
    flag: { name: 'allow-host', env: 'MOCK_ALLOW_HOST', value: 'NAME', defaultsTo: 'local names' },
    help: 'a further name by which the control API may be addressed; repeat it, or use commas in the variable',
  },
  controlToken: {
    allowed: 'a text of 1 to 200 characters of printable ASCII, without spaces',
    isAllowed: (value) => typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value),
    isSecret: true,
    flag: { name: 'control-token', env: 'MOCK_CONTROL_TOKEN', value: 'TOKEN', defaultsTo: 'none' },
    help: 'what the control API wants in the header x-mock-control-token',
  },
  watch: {
    ...trueOrFalse,
    flag: { name: 'watch', env: 'MOCK_WATCH', value: '', defaultsTo: 'off' },
    help: 'read contract, profiles and scenarios anew when a file changes; a faulty one is told, and the old one stays',
  },
  pace: {
    allowed: "'instant', 'real', or a factor from 0 to 1000",
    allowedText: 'instant, real, or a factor from 0 to 1000',
    isAllowed: (value) => isWithin(typeof value === 'string' ? toPace(value) : value, 1000),
    flag: { name: 'pace', env: 'MOCK_PACE', value: 'PACE', defaultsTo: 'instant' },
    help: 'how long answers take: instant, real, or a factor of real',
  },
  errors: {
    ...oneOf(DIALECTS),
    flag: { name: 'errors', env: 'MOCK_ERRORS', value: 'DIALECT', defaultsTo: 'openai' },
    help: 'whose statuses, words and envelope errors have: openai or gateway',
  },
  apiKeys: {
    ...listOf('a key', /./),
    isSecret: true,
    flag: { name: 'api-key', env: 'MOCK_API_KEY', value: 'KEY', defaultsTo: 'any key passes' },
    help: 'only this key passes; repeat it, or use commas in the variable',
  },
  seed: {
    allowed: 'a text or a number',
    isAllowed: (value) => typeof value === 'string' || Number.isFinite(value),
    flag: { name: 'seed', env: 'MOCK_SEED', value: 'TEXT', defaultsTo: '0' },
    help: 'another seed gives other ids and other pictures',
  },
  clock: {
    ...oneOf(['fixed', 'real']),
    flag: { name: 'clock', env: 'MOCK_CLOCK', value: 'CLOCK', defaultsTo: 'fixed' },
    help: 'the time in answers: fixed or real',
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
    flag: { name: 'wait', env: 'MOCK_WAIT', value: 'SECONDS', defaultsTo: '0', command: 'ready' },
    help: 'time that `ready` waits for a mock that is not ready yet',
  },
  controlToken: MOCK_OPTIONS.controlToken,
} satisfies Record<keyof ConnectOptions, Option>

/** A copy of the options without inherited ones. A RangeError names the first that is unknown or not allowed by `table`. */
export function ownOptions<T extends object>(options: T, table: Readonly<Record<string, Option>>): T {
  const names = Object.keys(table)
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new RangeError(`options: write them as an object; there are ${names.join(', ')}`)
  for (const [name, value] of Object.entries(options)) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined
    if (option === undefined) {
      const near = suggestNames(name, names)
      const hint = near.length === 0 ? '' : `did you mean ${near.join(' or ')}? `
      throw new RangeError(`${name.slice(0, 100)}: there is no such option; ${hint}there are ${names.join(', ')}`)
    }
    if (value === undefined || option.isAllowed(value)) continue
    const isShown = option.isSecret !== true && ['string', 'number', 'boolean'].includes(typeof value)
    throw new RangeError(`${name}: ${isShown ? `'${String(value).slice(0, 200)}' is none; ` : ''}use ${option.allowed}`)
  }
  return { ...options }
}
