import { parseArgs } from 'node:util'
import type { Flag, Options } from './flag.ts'
import { flags } from './flags.ts'
import { editDistance, suggestNames } from '../util/suggest.ts'
import { one } from './values.ts'

/** A flag that was given a value that it cannot have, or that does not exist; the message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the command is to do. */
export interface Command {
  readonly name: (typeof COMMANDS)[number] | 'help' | 'version'
  /** What follows the command's name: of validate a file, of ready a URL. */
  readonly targets: readonly string[]
  readonly options: Options
  /** Of each variable that is none of ours by a slip of the pen, which one may be meant. */
  readonly envTypos: readonly string[]
}

const COMMANDS = ['serve', 'validate', 'ready'] as const

/** Reads the command line and the environment, the command line first; throws a UsageError. */
export function readCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const { values, positionals } = parse(args)
  const [word = 'serve', ...targets] = positionals
  const name = one(COMMANDS, word)
  if (name === undefined)
    throw new UsageError(
      `unknown command${values['api-key'] === undefined ? shown(word) : ''}; the commands are ${COMMANDS.join(', ')}`,
    )
  if (name === 'serve' && targets.length > 0)
    throw new UsageError(`serve takes no${shown(targets[0] ?? '')}; a contract is given with --spec`)
  if (name === 'ready' && targets.length > 1)
    throw new UsageError('ready takes one URL; write: chat-image-mock ready http://localhost:4010')
  const foreign = flags.find(({ flag, command = name }) => command !== name && values[flag] !== undefined)
  if (foreign !== undefined)
    throw new UsageError(`--${foreign.flag}: ${name} does not take it; it is a flag of ${foreign.command}`)
  const given = flags
    .filter(({ command = name }) => command === name)
    .map((flag) => readFlag(flag, values[flag.flag], env[flag.env]))
  const options = Object.assign({ port: 4010, grace: 2, log: undefined, logLevel: 'info' as const }, ...given)
  return {
    name: values['help'] === true ? 'help' : values['version'] === true ? 'version' : name,
    targets,
    options,
    envTypos: slipsIn(env),
  }
}

// A misspelt flag is an error. A variable may be somebody else's: where it is only nearly ours, that is told.
function slipsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = flags.map((flag) => flag.env)
  return Object.entries(env)
    .filter(([name]) => name.startsWith('MOCK_') && !known.includes(name))
    .flatMap(([name, value = '']) => {
      const [near = ''] = suggestNames(name, known)
      const meant =
        known.find((option) => name === `MOCK_${option}` && !value.includes('://')) ??
        (editDistance(name, near) <= SLIP ? near : undefined)
      return meant === undefined ? [] : [`the variable ${name} is no option; did you mean ${meant}?`]
    })
}

/** Characters by which a name may differ from the one that is meant. A cluster writes `MOCK_PORT=tcp://…` for a service that is called mock. */
const SLIP = 2

// A word, unless it may be a URL with a password.
function shown(word: string): string {
  return word.includes('@') ? ' URL' : ` '${word}'`
}

function readFlag(flag: Flag, given: unknown, variable: string | undefined): Partial<Options> {
  const fromFlag = Array.isArray(given) ? given.map(String) : undefined
  const values =
    fromFlag ??
    (variable === undefined || variable === ''
      ? []
      : flag.isList === true
        ? variable.split(',').map((item) => item.trim())
        : [variable])
  const last = values.at(-1)
  if (last === undefined) return {}
  const value = flag.read(last, values)
  if (value === undefined)
    throw new UsageError(
      `${fromFlag === undefined ? flag.env : `--${flag.flag}`}: ${flag.isList === true || flag.isSecret === true ? 'this value' : `'${last}'`} is not allowed; give ${flag.allowed}`,
    )
  return { [flag.option]: value }
}

function parse(args: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(
          flags.map(({ flag, isSwitch }) => [
            flag,
            { type: isSwitch === true ? 'boolean' : 'string', multiple: true } as const,
          ]),
        ),
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${message.split('. ')[0]?.split('\n')[0]?.replace(/\.$/, '')}; --help lists the flags`, {
      cause: error,
    })
  }
}

/** The text of --help. */
export function helpText(): string {
  const rows = flags.map(
    ({ flag, value, env, about, fallback }) =>
      [`  --${flag} ${value}`.trimEnd(), env, `${about} (${fallback})`] as const,
  )
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length))
  return [
    'The image models of an OpenAI-compatible gateway (chat completions), on your own machine.',
    '',
    'Usage: chat-image-mock [serve] [flags]        start the mock',
    '       chat-image-mock validate FILE          check an OpenAPI file as --spec would',
    '       chat-image-mock ready [URL] [flags]    whether the mock is ready that the same flags start, or the one at URL: exit code 0 or 1',
    '',
    ...rows.map(([flag, env, about]) => `${flag.padEnd(width(0))}  ${env.padEnd(width(1))}  ${about}`),
    `${'  --help, -h'.padEnd(width(0))}  ${''.padEnd(width(1))}  this text`,
    `${'  --version, -v'.padEnd(width(0))}  ${''.padEnd(width(1))}  the version`,
    '',
    'A flag goes before its environment variable. The address is the only line on stdout; requests are logged on stderr.',
    '',
  ].join('\n')
}
