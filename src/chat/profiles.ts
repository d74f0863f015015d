import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { SourceFile } from '../contract/document.ts'
import { FileError, loadFile } from '../contract/document.ts'
import type { JsonValue } from '../contract/json.ts'
import { FORMATS, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../image/recipe.ts'
import { TASK_FORMS } from './digest.ts'
import type { Profile, Profiles } from './profile.ts'
import { profileOf } from './profile.ts'
import { PROSE } from './style/piece.ts'
import type { StyleName } from './style/style.ts'
import { styles } from './style/style.ts'

/** What a profile is without a word: the ground on which every block is laid. */
const PLAIN: Profile = {
  style: 'markdown',
  sizes: [{ width: 1024, height: 1024 }],
  formats: ['png'],
  references: 'optional',
  follows: undefined,
  task: 'uuid',
  prose: 'none',
  pace: { first: [0.5, 2], queue: [0, 1], progress: [4, 12], finish: [0, 1] },
}

const size = z.string({ error: 'write it as 1024x1024' }).transform((text, context) => {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? []
  const value = { width: Number(width), height: Number(height) }
  const isSize = Math.min(value.width, value.height) >= MIN_SIDE && Math.max(value.width, value.height) <= MAX_SIDE && value.width * value.height <= MAX_PIXELS
  if (!isSize) context.addIssue(`'${text}' is no size; write it as 1024x1024, ${MIN_SIDE} to ${MAX_SIDE} a side and at most ${MAX_PIXELS} pixels`)
  return value
})

const seconds = z.number({ error: 'write the seconds as a number' }).min(0, 'a time cannot be negative').max(3600, 'at most 3600 seconds')
const span = z
  .tuple([seconds, seconds], { error: 'write the shortest and the longest time in seconds, as [2, 8]' })
  .refine(([shortest, longest]) => shortest <= longest, { error: 'write the shortest time before the longest' })

function isStyle(name: unknown): name is StyleName {
  return typeof name === 'string' && Object.hasOwn(styles, name)
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(values, { error: ({ input }) => `${quote(input)} is not allowed; write one of ${values.join(', ')}` })
}

const format = oneOf(FORMATS)
const pace = mapping({ first: span.exactOptional(), queue: span.exactOptional(), progress: span.exactOptional(), finish: span.exactOptional() })
const block = mapping({
  style: z.custom<StyleName>(isStyle, { error: ({ input }) => `there is no style ${quote(input)}; write one of ${Object.keys(styles).join(', ')}` }).exactOptional(),
  sizes: z.array(size, { error: 'write a list of sizes, as [1024x1024, 1536x1024]' }).min(1, 'write at least one size').exactOptional(),
  formats: z.tuple([format], format, { error: `write a list of formats, the default one first, of ${FORMATS.join(', ')}` }).exactOptional(),
  references: oneOf(['none', 'optional', 'wanted', 'required']).exactOptional(),
  follows: oneOf(['ratio', 'size']).exactOptional(),
  task: oneOf(TASK_FORMS).exactOptional(),
  prose: oneOf(PROSE).exactOptional(),
  pace: pace.exactOptional(),
})

const NAME = /^(?:[^*]{1,64}|[^*]{0,63}\*)$/
const file = z.record(z.string().regex(NAME, "write a model's name of at most 64 characters, or a family's beginning and *"), block, {
  error: 'write a block for each model, as\nmy-model:\n  style: lite',
})

// A mapping whose keys are all known.
function mapping<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `${issue.keys.map(quote).join(', ')} is not known; what can be written is ${known}` : `write what is known of it: ${known}`),
  })
}

function quote(value: unknown): string {
  return `'${typeof value === 'string' ? value.slice(0, 64) : JSON.stringify(value)}'`
}

/**
 * The Profiles that a file's value holds, each laid over the one that `under` has for that name, so that a block says only
 * what is different. A FileError lists every fault with its line and its cure.
 */
export function toProfiles(value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>, under: Profiles = new Map([['*', PLAIN]])): Profiles {
  const result = file.safeParse(value)
  if (!result.success)
    throw new FileError(
      result.error.issues
        .map((issue) => toFault(issue, source))
        .toSorted((a, b) => a.line - b.line)
        .map(({ text }) => text),
    )
  return new Map(
    Object.entries(result.data).map(([name, given]) => {
      const ground = profileOf(under, name)
      return [name, { ...ground, ...given, pace: { ...ground.pace, ...given.pace } }]
    }),
  )
}

function toFault(issue: z.core.$ZodIssue, { file: name, lineOf }: Pick<SourceFile, 'file' | 'lineOf'>): { line: number; text: string } {
  const keys = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const line = lineOf(issue.code === 'unrecognized_keys' ? [...keys, issue.keys[0] ?? ''] : keys)
  const [inner] = issue.code === 'invalid_key' ? issue.issues : []
  return { line, text: `${name}:${line} ${keys.length === 0 ? '' : `${keys.join('.')}: `}${inner?.message ?? issue.message}` }
}

/** The name of the file that holds a folder's Profiles. */
const PROFILES = 'profiles.yaml'

/** The Profiles of a user's folder, laid over the packaged ones: only those that its `profiles.yaml` names. A FileError says what is wrong with it. */
export async function loadProfiles(folder: string, under: Profiles): Promise<Profiles> {
  const path = join(folder, PROFILES)
  await access(path).catch((error: NodeJS.ErrnoException) => {
    throw new FileError([`${path}: cannot be read (${error.code ?? error.message}); give a folder that holds a file ${PROFILES}`])
  })
  const source = await loadFile(path)
  return toProfiles(source.value, source, under)
}
