import type { ListenOptions } from '../mock/create-mock.ts'
import type { MockOptions } from '../mock/options.ts'
import type { Level, LogForm } from './log.ts'

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
