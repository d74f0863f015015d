import { parseArgs } from 'node:util'
import { type CoverageThresholds, isMeasured, MEASURED } from '../journal/coverage-thresholds.ts'
import { type CommandOption, type Option, listOf, oneOf, seconds, trueOrFalse, GROUPS } from '../mock/option-checks.ts'
import type { ConnectOptions, ListenOptions, MockOptions } from '../mock/options.ts'
import { CONNECT_OPTIONS, invalid, LISTEN_OPTIONS, MOCK_OPTIONS } from '../mock/options.ts'
import { didYouMean, editDistance, suggestNames } from '../util/suggest.ts'
import { type Level, type LogForm, LEVELS, LOG_FORMS } from './log.ts'

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Options that only the command has; `OWN_OPTIONS` describes them. */
interface OwnOptions {
  readonly coverage?: readonly string[]
  readonly coverageModels?: readonly string[]
  readonly coverageScenarios?: readonly string[]
  /** Each as `operations=100,parameters=60`. */
  readonly coverageMin?: readonly string[]
  readonly failOnViolation?: boolean
  readonly grace: number
  readonly log?: LogForm
  readonly logLevel: Level
}

/** All options that the command line and the environment can set. */
export interface Options extends MockOptions, ListenOptions, Pick<ConnectOptions, 'wait'>, OwnOptions {
  readonly port: number
}

/** What the command has to do. */
export interface Command {
  readonly name: keyof typeof COMMANDS | 'help' | 'version'
  /** The argument after the command's name, as the file of `validate`. */
  readonly target: string | undefined
  readonly options: Options
  /** Whether a list is printed as JSON. */
  readonly json: boolean
  /** Environment variables that look misspelled, and options without effect. */
  readonly warnings: readonly string[]
  /** How its user writes an option: as a flag, or as a variable if only that is set. */
  readonly nameOf: (option: string) => string
}

/** The commands, in the order of `--help`; `argument` is the placeholder of what can follow its name. */
export const COMMANDS = {
  serve: { argument: '', help: 'start the mock; this is the default command' },
  models: { argument: '[TEXT]', help: 'list the models, or those with TEXT in their names' },
  scenarios: { argument: '[TEXT]', help: 'list the scenarios, or those with TEXT in their names' },
  validate: { argument: 'FILE', help: 'check an OpenAPI file for --spec' },
  ready: {
    argument: '[URL]',
    help: 'check whether a mock is ready (exit code 0 or 1): at URL, otherwise at --host and --port',
  },
} as const
const DEFAULTS = { port: 4010, grace: 2, logLevel: 'info' } as const

const OWN_OPTIONS: Readonly<Record<keyof OwnOptions, CommandOption>> = {
  coverage: {
    ...listOf('the path of a .json, .md or .xml file', /\.(?:json|md|xml)$/),
    flag: { name: 'coverage', env: 'MOCK_COVERAGE', value: 'FILE', defaultsTo: 'none', group: 'Contract' },
    help: 'write the contract coverage to this .json, .md or .xml (JUnit) file when the mock ends',
  },
  coverageModels: {
    ...listOf('the name of a model, a family such as name-*, or all', /./),
    flag: {
      name: 'coverage-models',
      env: 'MOCK_COVERAGE_MODELS',
      value: 'NAME',
      defaultsTo: 'used models',
      group: 'Contract',
    },
    help: 'model to add to the coverage, which otherwise has the models that were used: a name, a family such as name-*, or all',
  },
  coverageScenarios: {
    ...listOf('the name of a scenario, or all', /./),
    flag: {
      name: 'coverage-scenarios',
      env: 'MOCK_COVERAGE_SCENARIOS',
      value: 'NAME',
      defaultsTo: 'none',
      group: 'Contract',
    },
    help: 'scenario to add to the coverage: a name or all',
  },
  coverageMin: {
    type: 'list',
    allowed: `SECTION=PERCENT, with a percentage from 0 to 100. The sections are ${MEASURED.join(', ')}`,
    isAllowed: (value) => Array.isArray(value) && value.every((text) => readThresholds(String(text)) !== undefined),
    flag: { name: 'coverage-min', env: 'MOCK_COVERAGE_MIN', value: 'LIST', defaultsTo: 'none', group: 'Contract' },
    help: 'end with exit code 1 if the coverage of a section is below its threshold, such as operations=100,parameters=60',
  },
  failOnViolation: {
    ...trueOrFalse,
    flag: { name: 'fail-on-violation', env: 'MOCK_FAIL_ON_VIOLATION', value: '', defaultsTo: 'off', group: 'Contract' },
    help: 'end with exit code 1 if requests violated the contract',
  },
  grace: {
    ...seconds,
    flag: { name: 'grace', env: 'MOCK_GRACE', value: 'SECONDS', defaultsTo: '2', group: 'Server' },
    help: 'how long open responses may continue after SIGTERM or SIGINT',
  },
  log: {
    ...oneOf(LOG_FORMS),
    flag: {
      name: 'log',
      env: 'MOCK_LOG',
      value: 'FORM',
      defaultsTo: 'pretty on a terminal, otherwise json',
      group: 'Logging',
    },
    help: 'format of the log on stderr: pretty, json or silent',
  },
  logLevel: {
    ...oneOf(LEVELS),
    flag: { name: 'log-level', env: 'MOCK_LOG_LEVEL', value: 'LEVEL', defaultsTo: 'info', group: 'Logging' },
    help: 'lowest level that is logged: error, warn, info or debug',
  },
}

/** Reads `operations=100,parameters=60`. Undefined if a section is unknown, or a number is not from 0 to 100. */
export function readThresholds(text: string): CoverageThresholds | undefined {
  const pairs = text.split(',').map((pair) => {
    const [, section = '', number = ''] = /^\s*(\w+)\s*=\s*(\d{1,3}(?:\.\d+)?)\s*%?\s*$/.exec(pair) ?? []
    return isMeasured(section) && Number(number) <= 100 ? ([section, Number(number)] as const) : undefined
  })
  return pairs.includes(undefined) ? undefined : Object.fromEntries(pairs.filter((pair) => pair !== undefined))
}

const REPEATED = '; can be repeated'

/** Every option that has a flag, with its name in code, in the order of `--help`. */
export const commandOptions: readonly (CommandOption & { readonly option: string })[] = Object.entries<Option>({
  ...LISTEN_OPTIONS,
  ...MOCK_OPTIONS,
  ...OWN_OPTIONS,
  wait: CONNECT_OPTIONS.wait,
})
  .flatMap(([option, row]) =>
    'flag' in row ? [{ ...row, option, help: row.help + (row.type === 'list' ? REPEATED : '') }] : [],
  )
  .toSorted((a, b) => GROUPS.indexOf(a.flag.group) - GROUPS.indexOf(b.flag.group))

/**
 * Reads the command line and the environment. A flag overrides its variable. An Error says in one line what is wrong.
 */
export function readCommand(args: readonly string[], env: Environment): Command {
  const { values, positionals } = parse(args)
  const [word = 'serve', target, ...others] = positionals
  const name = toCommandName(word, values)
  const { argument } = COMMANDS[name]
  if (target !== undefined && argument === '')
    throw new Error(
      `${name} takes no argument, got${shown(target, values) || ' one'}. Use --spec FILE for another contract.`,
    )
  if (others.length > 0) throw new Error(`${name} takes one argument. Usage: chat-image-mock ${name} ${argument}`)
  const json = values['json'] !== undefined
  if (json && name !== 'models' && name !== 'scenarios')
    throw new Error(`--json works only with the commands models and scenarios.`)
  const given = commandOptions.map((row): Partial<Options> => {
    const { flag, option } = row
    const texts = values[flag.name]
    if (flag.command === undefined || flag.command === name) {
      const value = readOption(row, texts, env[flag.env])
      return value === undefined ? {} : { [option]: value }
    }
    if (texts === undefined) return {}
    throw new Error(`--${flag.name} works only with the command ${flag.command}.`)
  })
  const options: Options = Object.assign({ ...DEFAULTS }, ...given)
  const nameOf = (option: string): string => {
    const flag = commandOptions.find((row) => row.option === option)?.flag
    if (flag === undefined) return option
    if (values[flag.name] !== undefined) return `--${flag.name}`
    return (env[flag.env] ?? '') === '' ? `--${flag.name} or ${flag.env}` : flag.env
  }
  const isUnused = options.faults !== undefined && options.faultRate === undefined
  const unused = isUnused ? [`${nameOf('faults')} has no effect without ${nameOf('faultRate')}.`] : []
  return {
    name: values['help'] !== undefined ? 'help' : values['version'] !== undefined ? 'version' : name,
    target,
    options,
    json,
    warnings: [...findTypos(env), ...unused],
    nameOf,
  }
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

// All flags can be repeated: the last one counts, except for lists.
function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const flags = commandOptions.map(({ flag, type }) => {
    const kind = isSwitch(type) ? ('boolean' as const) : ('string' as const)
    return [flag.name, { type: kind, multiple: true }] as const
  })
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(flags),
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    throw new Error(toMessage(error instanceof Error ? error.message : String(error)), { cause: error })
  }
}

// The message of parseArgs repeats no value in its first sentence, only the name of the flag.
function toMessage(message: string): string {
  const [first = ''] = message.split(/\. |\n/)
  const [, name = '', flag = ''] = /'(-+([\w-]*))/.exec(first) ?? []
  const row = commandOptions.find((option) => option.flag.name === flag)
  if (first.startsWith('Unknown option')) {
    const flags = [...commandOptions.map((option) => `--${option.flag.name}`), '--json', '--help', '--version']
    return `unknown option ${name}.${didYouMean(name, flags) || ' --help lists the options.'}`
  }
  if (row === undefined || isSwitch(row.type)) return `${name} takes no value.`
  const other = first.includes('ambiguous') ? `, or begins with '-': write ${name}=VALUE` : ''
  return `${name}: the value is missing${other}. Use ${row.allowedText ?? row.allowed}.`
}

function toCommandName(word: string, values: Values): keyof typeof COMMANDS {
  if (isCommandName(word)) return word
  const names = Object.keys(COMMANDS)
  const hint = didYouMean(word, names) || ` The commands are ${names.join(', ')}.`
  throw new Error(`unknown command${shown(word, values)}.${hint}`)
}

function isCommandName(word: string): word is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, word)
}

// An argument for an error, unless it may be a URL with a password. What follows --api-key KEY may be another key.
function shown(word: string, values: Values): string {
  const isSecret = ['api-key', 'control-token'].some((name) => values[name] !== undefined)
  if (isSecret) return ''
  return word.includes('@') ? ' URL' : ` '${word}'`
}

/**
 * The value of an option by its flag, otherwise by its variable; undefined if neither is set. An empty variable is not
 * set.
 */
function readOption(
  { flag, type, isSecret, isAllowed, allowed, allowedText = allowed }: CommandOption,
  given: Values[string],
  variable = '',
): unknown {
  const fromVariable = type === 'list' ? variable.split(',').map((item) => item.trim()) : [variable]
  const texts = Array.isArray(given) ? given.map(String) : variable === '' ? [] : fromVariable
  const last = texts.at(-1)
  if (last === undefined) return undefined
  const value = type === 'list' ? texts : toValue(last, type)
  if (isAllowed(value)) return value
  const name = given === undefined ? flag.env : `--${flag.name}`
  const wrong = type === 'list' ? texts.find((text) => !isAllowed([text])) : last
  throw new Error(`${name}: ${invalid(isSecret === true ? undefined : wrong)} Use ${allowedText}.`)
}

// A text that is neither a number nor true or false stays a text, which is then not valid.
function toValue(text: string, type: CommandOption['type']): unknown {
  if (isSwitch(type)) return ['true', 'false'].includes(text) ? (text === 'true') === (type === 'switch') : text
  return type === 'number' && /^\d*\.?\d+$/.test(text) ? Number(text) : text
}

function isSwitch(type: CommandOption['type']): boolean {
  return type === 'switch' || type === 'off switch'
}

/** Typing errors that are recognised: a variable with more of them belongs to another program. */
const MAX_DISTANCE = 2

// A misspelled flag is an error. A variable may belong to another program, so one that is similar is a warning.
// Kubernetes sets MOCK_PORT=tcp://… for a service with the name mock: that does not mean PORT.
function findTypos(env: Environment): string[] {
  const known = commandOptions.map(({ flag }) => flag.env)
  return Object.entries(env)
    .filter(([name]) => name.startsWith('MOCK_') && !known.includes(name))
    .flatMap(([name, value = '']) => {
      const [near = ''] = suggestNames(name, known)
      const meant =
        known.find((option) => name === `MOCK_${option}` && !value.includes('://')) ??
        (editDistance(name, near) <= MAX_DISTANCE ? near : undefined)
      return meant === undefined ? [] : [`unknown environment variable ${name}. Did you mean ${meant}?`]
    })
}
