import { z } from 'zod'
import { MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../images/recipe.ts'
import type { SourceFile } from '../openapi/document.ts'
import { parseSize } from './size.ts'
import { styles } from './styles/styles.ts'

// Helpers for the zod schemas of profiles, scenarios and the control API. Loaded only with zod, because loading zod
// slows down a start.

/** One of a list of words. */
export function oneOf<const T extends readonly string[]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(values, {
    error: ({ input }) =>
      `${quoteValue(input)} is not allowed; use ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`,
  })
}

/** One of the keys of a table. */
export function keyOf<K extends string>(table: Readonly<Record<K, unknown>>): z.ZodEnum<{ [key in K]: key }> {
  return oneOf(Object.keys(table).filter((key): key is K => Object.hasOwn(table, key)))
}

/** A mapping without unknown keys. */
export function mapping<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? toUnknownKeys(issue.keys, known)
        : `must be an object; its keys are ${known}`,
  })
}

/** The message for unknown keys of a mapping. */
export function toUnknownKeys(keys: readonly string[], known: string): string {
  return `unknown key${keys.length > 1 ? 's' : ''} ${joinFirst(keys.map(quoteValue), ', ')}; use ${known}`
}

const MAX_LISTED = 20

/** Joins texts in a message: the first 20, and the number of others. */
export function joinFirst(texts: readonly string[], separator: string): string {
  const rest = texts.length - MAX_LISTED
  return [...texts.slice(0, MAX_LISTED), ...(rest > 0 ? [`and ${rest} more`] : [])].join(separator)
}

/** A size such as `1024x1536`. */
export const size = z
  .string({ error: 'must be a size such as 1024x1024' })
  .refine((text) => parseSize(text) !== undefined, {
    error: ({ input }) =>
      `${quoteValue(input)} is not a size; use WIDTHxHEIGHT, each from ${MIN_SIDE} to ${MAX_SIDE}, at most ${MAX_PIXELS} pixels`,
  })

/** A time in seconds, at most an hour. */
export const seconds = z
  .number({ error: 'must be a number of seconds' })
  .min(0, 'must not be negative')
  .max(3600, 'must be at most 3600 seconds')

/** A Style's name. */
export const style = keyOf(styles)

/** A value in an error message: at most 64 characters of it, in quotes. */
export function quoteValue(value: unknown): string {
  return `'${typeof value === 'string' ? value.slice(0, 64) : JSON.stringify(value)?.slice(0, 64)}'`
}

/** The problems that zod found in a file's value, by line: each with file, line, key and how to fix it. */
export function toProblems(
  issues: readonly z.core.$ZodIssue[],
  { file, lineOf }: Pick<SourceFile, 'file' | 'lineOf'>,
): string[] {
  return issues
    .map((issue) => {
      const keys = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
      return { issue, line: lineOf(issue.code === 'unrecognized_keys' ? [...keys, issue.keys[0] ?? ''] : keys) }
    })
    .toSorted((a, b) => a.line - b.line)
    .map(({ issue, line }) => `${file}:${line} ${toWords(issue)}`)
}

/** One problem of a value: its key, and how to fix it. */
export function toWords(issue: z.core.$ZodIssue): string {
  const [inner] = issue.code === 'invalid_key' ? issue.issues : []
  const place = issue.path.map(String).join('.')
  return `${place === '' ? '' : `${place}: `}${inner?.message ?? issue.message}`
}
