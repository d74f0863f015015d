/** The groups of `--help` and of the table of options, in their order. */
export const GROUPS = ['Server', 'Answers', 'Contract', 'Faults', 'State', 'Logging'] as const

/** What an option's value can be. */
export interface Check {
  /** The allowed values, for errors: the text after `Use`. */
  readonly allowed: string
  /** The same for a flag or an environment variable, if it differs. */
  readonly allowedText?: string
  readonly isAllowed: (value: unknown) => boolean
  /**
   * How the text of a flag or a variable is read; a text by default. A list is a repeated flag, or has commas in the
   * variable. An off switch sets the option to false.
   */
  readonly type?: 'number' | 'switch' | 'off switch' | 'list'
  /** Errors do not repeat the value, since it may contain a password. */
  readonly isSecret?: true
}

/** An option that can also be set on the command line. */
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
    /** The only command that accepts it. */
    readonly command?: 'ready'
    readonly group: (typeof GROUPS)[number]
  }
  /** Its description in `--help` and in the table of options. */
  readonly help: string
}

/** An option; without a flag it can only be set in code. */
export type Option = Check | CommandOption

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isWithin = (value: unknown, most: number): boolean =>
  typeof value === 'number' && value >= 0 && value <= most
export const nonEmptyText = (allowed: string): Check => ({ allowed, isAllowed: isText })
export const wholeNumber = (most: number): Check => ({
  type: 'number',
  allowed: `a whole number from 0 to ${most}`,
  isAllowed: (value) => Number.isInteger(value) && isWithin(value, most),
})
export const oneOf = (values: readonly string[]): Check => ({
  allowed: toList(values.map((value) => `'${value}'`)),
  allowedText: toList(values),
  isAllowed: (value) => values.some((known) => known === value),
})
export const listOf = (item: string, pattern: RegExp): Check => ({
  type: 'list',
  allowed: 'a list of non-empty strings',
  allowedText: item,
  isAllowed: (value) => Array.isArray(value) && value.every((one) => isText(one) && pattern.test(one)),
})
export const aFunction: Check = { allowed: 'a function', isAllowed: (value) => typeof value === 'function' }
export const trueOrFalse: Check = {
  type: 'switch',
  allowed: 'true or false',
  isAllowed: (value) => typeof value === 'boolean',
}
export const seconds: Check = {
  type: 'number',
  allowed: 'a number of seconds from 0 to 3600',
  isAllowed: (value) => isWithin(value, 3600),
}

function toList(values: readonly string[]): string {
  return `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}
