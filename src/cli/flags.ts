import type { ListenOptions } from '../mock.ts'
import type { Level, LogForm } from './log.ts'
import { LEVELS, LOG_FORMS } from './log.ts'
import { DIALECTS } from '../reply/errors.ts'
import type { MockOptions } from '../server/options.ts'
import { toPace } from '../server/pace.ts'
import { readAddress } from '../store/address.ts'
import { CONTRACT_MODES } from '../server/settings.ts'
import { isWhole, notEmpty, one, toBoolean, toSeconds } from './values.ts'

/** All that the command line and the environment say. */
export interface Options extends MockOptions, ListenOptions {
  /** Where the contract coverage is written at the end: .json, .md or .xml. */
  readonly coverage?: string
  readonly failOnViolation?: boolean
  readonly grace: number
  readonly log: LogForm | undefined
  readonly logLevel: Level
  /** Seconds that it may take until the mock is ready. */
  readonly wait?: number
}

/** One flag and its variable. */
export type Flag = { readonly [K in keyof Options]-?: FlagOf<K> }[keyof Options]

interface FlagOf<K extends keyof Options> {
  readonly flag: string
  readonly env: string
  /** What stands for the value in the help. */
  readonly value: string
  /** As the help tells it. */
  readonly fallback: string
  readonly about: string
  /** May be given several times; commas in the variable. */
  readonly isList?: boolean
  /** Takes no value; `true` in the variable. */
  readonly isSwitch?: boolean
  /** Its value stands in no error. */
  readonly isSecret?: boolean
  /** The one command that takes it; all do where it is not given. */
  readonly command?: 'ready'
  /** What is allowed, for the error. */
  readonly allowed: string
  /** The option that it gives; those of MockOptions and ListenOptions have the same name in code. */
  readonly option: K
  /** What a value stands for; undefined for one that is not allowed. */
  readonly read: (value: string, values: readonly string[]) => Options[K] | undefined
}

/** Every flag and its variable: the parser, --help and the README's table are made from these rows. */
export const flags: readonly Flag[] = [
  {
    flag: 'port',
    env: 'PORT',
    value: 'N',
    fallback: '4010',
    about: 'port to listen on; 0 takes any free one',
    allowed: 'a whole number from 0 to 65535',
    option: 'port',
    read: (text) => (isWhole(text, 65_535) ? Number(text) : undefined),
  },
  {
    flag: 'host',
    env: 'HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    about: 'address to listen on; 0.0.0.0 for all',
    allowed: 'an address or a name of this machine',
    option: 'host',
    read: notEmpty,
  },
  {
    flag: 'spec',
    env: 'MOCK_SPEC',
    value: 'FILE',
    fallback: 'packaged',
    about: 'another OpenAPI 3.0 or 3.1 file to serve',
    allowed: 'the path of a file',
    option: 'spec',
    read: notEmpty,
  },
  {
    flag: 'fixtures',
    env: 'MOCK_FIXTURES',
    value: 'FOLDER',
    fallback: 'packaged',
    about: 'a folder whose profiles.yaml and scenarios/ are laid over the packaged ones',
    allowed: 'the path of a folder',
    option: 'fixtures',
    read: notEmpty,
  },
  {
    flag: 'public-url',
    env: 'MOCK_PUBLIC_URL',
    value: 'URL',
    fallback: "the request's Host",
    about: 'what links begin with, for a mock behind a proxy',
    allowed: 'an http(s) URL without a query',
    option: 'publicUrl',
    read: (text) => (URL.canParse(text) ? text : undefined),
  },
  {
    flag: 'scenario',
    env: 'MOCK_SCENARIO',
    value: 'NAME',
    fallback: 'none',
    about: 'the scenario that every chat request gets that asks for nothing else',
    allowed: 'the name of a scenario',
    option: 'scenario',
    read: notEmpty,
  },
  {
    flag: 'fault-rate',
    env: 'MOCK_FAULT_RATE',
    value: 'SHARE',
    fallback: '0',
    about: 'share of the chat requests that get one of the scenarios of --fault',
    allowed: 'a number from 0 to 1',
    option: 'faultRate',
    read: (text) => (/^(?:0|1|0?\.\d{1,6}|1\.0+|0\.0+)$/.test(text) ? Number(text) : undefined),
  },
  {
    flag: 'fault',
    env: 'MOCK_FAULT',
    value: 'NAME',
    fallback: 'none',
    about: 'a scenario to draw from, for --fault-rate; repeat it, or use commas in the variable',
    isList: true,
    allowed: 'the name of a scenario',
    option: 'faults',
    read: (_text, names) => (names.every((name) => name !== '') ? names : undefined),
  },
  {
    flag: 'contract',
    env: 'MOCK_CONTRACT',
    value: 'MODE',
    fallback: 'enforce',
    about: 'enforce refuses what the contract forbids; report answers what can be understood of it, and tells',
    allowed: CONTRACT_MODES.join(' or '),
    option: 'contract',
    read: (text) => one(CONTRACT_MODES, text),
  },
  {
    flag: 'journal',
    env: 'MOCK_JOURNAL',
    value: 'N',
    fallback: '1000',
    about: 'requests of a session that are remembered',
    allowed: 'a whole number from 0 to 100000',
    option: 'journal',
    read: (text) => (isWhole(text, 100_000) ? Number(text) : undefined),
  },
  {
    flag: 'store',
    env: 'MOCK_STORE',
    value: 'URL',
    fallback: "this process's memory",
    about: 'a Redis or Valkey where several mocks remember together, as redis://HOST:PORT/0?prefix=NAME; rediss: for TLS',
    isSecret: true,
    allowed: 'the URL of a Redis or Valkey, as redis://localhost:6379/0?prefix=mine',
    option: 'store',
    read: (text) => (readAddress(text) === undefined ? undefined : text),
  },
  {
    flag: 'allow-host',
    env: 'MOCK_ALLOW_HOST',
    value: 'NAME',
    fallback: 'local names',
    about: 'a further name by which the control API may be addressed; repeat it, or use commas in the variable',
    isList: true,
    allowed: 'a host name',
    option: 'allowHosts',
    read: (_text, names) => (names.every((name) => /^[\w.-]+$/.test(name)) ? names : undefined),
  },
  {
    flag: 'control-token',
    env: 'MOCK_CONTROL_TOKEN',
    value: 'TOKEN',
    fallback: 'none',
    about: 'what the control API wants in the header x-mock-control-token',
    isSecret: true,
    allowed: 'a text of printable ASCII without spaces, at most 200 characters',
    option: 'controlToken',
    read: (text) => (/^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined),
  },
  {
    flag: 'coverage',
    env: 'MOCK_COVERAGE',
    value: 'FILE',
    fallback: 'none',
    about: 'where to write at the end what was exercised of the contract: a .json, .md or .xml (JUnit) file',
    allowed: 'the path of a .json, .md or .xml file',
    option: 'coverage',
    read: (text) => (/\.(?:json|md|xml)$/.test(text) ? text : undefined),
  },
  {
    flag: 'fail-on-violation',
    env: 'MOCK_FAIL_ON_VIOLATION',
    value: '',
    fallback: 'off',
    about: 'exit with code 1 at the end when a request broke the contract',
    isSwitch: true,
    allowed: 'true or false',
    option: 'failOnViolation',
    read: toBoolean,
  },
  {
    flag: 'watch',
    env: 'MOCK_WATCH',
    value: '',
    fallback: 'off',
    about: 'read contract, profiles and scenarios anew when a file changes; a faulty one is told, and the old one stays',
    isSwitch: true,
    allowed: 'true or false',
    option: 'watch',
    read: toBoolean,
  },
  {
    flag: 'pace',
    env: 'MOCK_PACE',
    value: 'PACE',
    fallback: 'instant',
    about: 'how long answers take: instant, real, or a factor of real',
    allowed: 'instant, real, or a factor from 0 to 1000',
    option: 'pace',
    read: toPace,
  },
  {
    flag: 'errors',
    env: 'MOCK_ERRORS',
    value: 'DIALECT',
    fallback: 'openai',
    about: 'whose statuses, words and envelope errors have: openai or gateway',
    allowed: DIALECTS.join(' or '),
    option: 'errors',
    read: (text) => one(DIALECTS, text),
  },
  {
    flag: 'api-key',
    env: 'MOCK_API_KEY',
    value: 'KEY',
    fallback: 'any key passes',
    about: 'only this key passes; repeat it, or use commas in the variable',
    isList: true,
    allowed: 'a key',
    option: 'apiKeys',
    read: (_text, keys) => (keys.every((key) => key !== '') ? keys : undefined),
  },
  { flag: 'seed', env: 'MOCK_SEED', value: 'TEXT', fallback: '0', about: 'another seed gives other ids and other pictures', allowed: 'any text', option: 'seed', read: (text) => text },
  {
    flag: 'clock',
    env: 'MOCK_CLOCK',
    value: 'CLOCK',
    fallback: 'fixed',
    about: 'the time in answers: fixed or real',
    allowed: 'fixed or real',
    option: 'clock',
    read: (text) => one(['fixed', 'real'], text),
  },
  {
    flag: 'grace',
    env: 'MOCK_GRACE',
    value: 'SECONDS',
    fallback: '2',
    about: 'time that open streams have to finish after SIGTERM',
    allowed: 'seconds from 0 to 3600',
    option: 'grace',
    read: toSeconds,
  },
  {
    flag: 'log',
    env: 'MOCK_LOG',
    value: 'FORM',
    fallback: 'pretty on a terminal, else json',
    about: 'a line for each request on stderr: pretty, json or silent',
    allowed: LOG_FORMS.join(', '),
    option: 'log',
    read: (text) => one(LOG_FORMS, text),
  },
  {
    flag: 'log-level',
    env: 'MOCK_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    about: 'the least that is logged: error, warn, info or debug',
    allowed: LEVELS.join(', '),
    option: 'logLevel',
    read: (text) => one(LEVELS, text),
  },
  {
    flag: 'wait',
    env: 'MOCK_WAIT',
    value: 'SECONDS',
    fallback: '0',
    about: 'time that `ready` waits for a mock that is not ready yet',
    command: 'ready',
    allowed: 'seconds from 0 to 3600',
    option: 'wait',
    read: toSeconds,
  },
]
