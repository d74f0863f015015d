import { parseArgs } from 'node:util'
import type { CommandOption, ConnectOptions, ListenOptions, MockOptions, Option } from '../mock/options.ts'
import { CONNECT_OPTIONS, LISTEN_OPTIONS, MOCK_OPTIONS, oneOf, seconds, trueOrFalse } from '../mock/options.ts'
import { editDistance, suggestNames } from '../util/suggest.ts'
import { type Level, type LogForm, LEVELS, LOG_FORMS } from './log.ts'

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What only the command can do; `OWN_OPTIONS` says what each is. */
interface OwnOptions {
  readonly coverage?: string
  readonly failOnViolation?: boolean
  readonly grace: number
  readonly log?: LogForm
  readonly logLevel: Level
}

/** All options that the command line and the environment can set. */
export interface Options extends MockOptions, ListenOptions, Pick<ConnectOptions, 'wait'>, OwnOptions {
  readonly port: number
}

/** What the command is to do. */
export interface Command {
  readonly name: (typeof COMMANDS)[number] | 'help' | 'version'
  /** The arguments behind the command's name: the file of `validate`, the URL of `ready`. */
  readonly targets: readonly string[]
  readonly options: Options
  /** A warning for each environment variable that looks like a misspelt one of ours. */
  readonly envTypos: readonly string[]
}

const COMMANDS = ['serve', 'validate', 'ready'] as const
const DEFAULTS = { port: 4010, grace: 2, logLevel: 'info' } as const

const OWN_OPTIONS: Readonly<Record<keyof OwnOptions, CommandOption>> = {
  coverage: {
    allowed: 'the path of a .json, .md or .xml file',
    isAllowed: (value) => typeof value === 'string' && /\.(?:json|md|xml)$/.test(value),
    flag: { name: 'coverage', env: 'MOCK_COVERAGE', value: 'FILE', defaultsTo: 'none' },
    help: 'where to write at the end what was exercised of the contract: a .json, .md or .xml (JUnit) file',
  },
  failOnViolation: {
    ...trueOrFalse,
    flag: { name: 'fail-on-violation', env: 'MOCK_FAIL_ON_VIOLATION', value: '', defaultsTo: 'off' },
    help: 'exit with code 1 at the end when a request broke the contract',
  },
  grace: {
    ...seconds,
    flag: { name: 'grace', env: 'MOCK_GRACE', value: 'SECONDS', defaultsTo: '2' },
    help: 'time that open streams have to finish after SIGTERM',
  },
  log: {
    ...oneOf(LOG_FORMS, ', '),
    flag: { name: 'log', env: 'MOCK_LOG', value: 'FORM', defaultsTo: 'pretty on a terminal, else json' },
    help: 'a line for each request on stderr: pretty, json or silent',
  },
  logLevel: {
    ...oneOf(LEVELS, ', '),
    flag: { name: 'log-level', env: 'MOCK_LOG_LEVEL', value: 'LEVEL', defaultsTo: 'info' },
    help: 'the least that is logged: error, warn, info or debug',
  },
}

/** Every option that has a flag, with its name in code, in the order of `--help`. */
export const commandOptions: readonly (CommandOption & { readonly option: string })[] = Object.entries<Option>({
  ...LISTEN_OPTIONS,
  ...MOCK_OPTIONS,
  ...OWN_OPTIONS,
  wait: CONNECT_OPTIONS.wait,
}).flatMap(([option, row]) => ('flag' in row ? [{ option, ...row }] : []))

/** Reads the command line and the environment. A flag overrides its variable. An Error says in one line what is wrong. */
export function readCommand(args: readonly string[], env: Environment): Command {
  const { values, positionals } = parse(args)
  const [word = 'serve', ...targets] = positionals
  const name = COMMANDS.find((command) => command === word)
  if (name === undefined)
    throw new Error(
      `unknown command${values['api-key'] === undefined ? shown(word) : ''}; the commands are ${COMMANDS.join(', ')}`,
    )
  if (name === 'serve' && targets.length > 0)
    throw new Error(`serve takes no${shown(targets[0] ?? '')}; a contract is given with --spec`)
  if (name === 'ready' && targets.length > 1)
    throw new Error('ready takes one URL; write: chat-image-mock ready http://localhost:4010')
  const given = commandOptions.map((row): Partial<Options> => {
    const { flag, option } = row
    const texts = values[flag.name]
    if (flag.command === undefined || flag.command === name) {
      const value = readOption(row, texts, env[flag.env])
      return value === undefined ? {} : { [option]: value }
    }
    if (texts === undefined) return {}
    throw new Error(`--${flag.name}: ${name} does not take it; it is a flag of ${flag.command}`)
  })
  return {
    name: values['help'] === true ? 'help' : values['version'] === true ? 'version' : name,
    targets,
    options: Object.assign({ ...DEFAULTS }, ...given),
    envTypos: findTypos(env),
  }
}

type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

// All flags can be repeated: the last one counts, except for lists.
function parse(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  const options = commandOptions.map(({ flag, type }) => {
    const kind = type === 'switch' ? ('boolean' as const) : ('string' as const)
    return [flag.name, { type: kind, multiple: true }] as const
  })
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(options),
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    // Node adds advice in further sentences, which may repeat a value.
    const [message = ''] = String(error instanceof Error ? error.message : error).split(/\. |\n/)
    throw new Error(`${message.replace(/\.$/, '')}; --help lists the flags`, { cause: error })
  }
}

// A positional argument for an error, unless it may be a URL with a password.
function shown(word: string): string {
  return word.includes('@') ? ' URL' : ` '${word}'`
}

/** The value of an option by its flag, otherwise by its variable; undefined if neither is set. An empty variable is not set. */
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
  const shownValue = type === 'list' || isSecret === true ? 'this value' : `'${last}'`
  throw new Error(`${name}: ${shownValue} is not allowed; give ${allowedText}`)
}

// A text that is neither a number nor true or false stays a text, which is then not allowed.
function toValue(text: string, type: CommandOption['type']): unknown {
  if (type === 'switch') return text === 'true' ? true : text === 'false' ? false : text
  return type === 'number' && /^\d*\.?\d+$/.test(text) ? Number(text) : text
}

/** Typing errors that are recognised: more than this many characters, and a variable is somebody else's. */
const MAX_DISTANCE = 2

// A misspelt flag is an error. A variable may belong to another program, so one that is almost ours is a warning. A cluster
// sets MOCK_PORT=tcp://… for a service that is called mock: that is not meant as PORT.
function findTypos(env: Environment): string[] {
  const known = commandOptions.map(({ flag }) => flag.env)
  return Object.entries(env)
    .filter(([name]) => name.startsWith('MOCK_') && !known.includes(name))
    .flatMap(([name, value = '']) => {
      const [near = ''] = suggestNames(name, known)
      const meant =
        known.find((option) => name === `MOCK_${option}` && !value.includes('://')) ??
        (editDistance(name, near) <= MAX_DISTANCE ? near : undefined)
      return meant === undefined ? [] : [`the variable ${name} is no option; did you mean ${meant}?`]
    })
}

/** The text of --help. */
export function helpText(): string {
  const own = commandOptions.map(({ flag: { name, value, env, defaultsTo }, help }) => {
    return [`  --${name} ${value}`.trimEnd(), env, `${help} (${defaultsTo})`]
  })
  const rows = [...own, ['  --help, -h', '', 'this text'], ['  --version, -v', '', 'the version']]
  const [flagWidth = 0, envWidth = 0] = [0, 1].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return `The image models of an OpenAI-compatible gateway (chat completions), on your own machine.

Usage: chat-image-mock [serve] [flags]        start the mock
       chat-image-mock validate FILE          check an OpenAPI file as --spec would
       chat-image-mock ready [URL] [flags]    whether the mock is ready that the same flags start, or the one at URL: exit code 0 or 1

${rows.map(([flag = '', env = '', help]) => `${flag.padEnd(flagWidth)}  ${env.padEnd(envWidth)}  ${help}`).join('\n')}

A flag goes before its environment variable. The address is the only line on stdout; requests are logged on stderr.
`
}
