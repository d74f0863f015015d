import { z } from 'zod'
import type { SourceFile } from '../contract/document.ts'
import { FileError } from '../contract/document.ts'
import type { JsonValue } from '../contract/json.ts'
import { FORMATS, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../image/recipe.ts'
import { TASK_FORMS } from './digest.ts'
import type { Profiles } from './profile.ts'
import type { StyleName } from './style/style.ts'
import { styles } from './style/style.ts'

const size = z.string().transform((text, context) => {
  const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(text) ?? []
  const value = { width: Number(width), height: Number(height) }
  const isSize = Math.min(value.width, value.height) >= MIN_SIDE && Math.max(value.width, value.height) <= MAX_SIDE && value.width * value.height <= MAX_PIXELS
  if (!isSize) context.addIssue(`'${text}' is no size; write it as 1024x1024, ${MIN_SIDE} to ${MAX_SIDE} a side`)
  return value
})

const seconds = z.number().min(0).max(3600)

function isStyle(name: string): name is StyleName {
  return Object.hasOwn(styles, name)
}

const profile = z.strictObject({
  style: z.string().refine(isStyle, { error: `no such style; there are ${Object.keys(styles).join(', ')}` }),
  sizes: z.array(size).min(1),
  formats: z.tuple([z.enum(FORMATS)], z.enum(FORMATS)).default(['png']),
  references: z.enum(['none', 'optional', 'wanted', 'required']).default('optional'),
  follows: z.enum(['ratio', 'size']).optional(),
  task: z.enum(TASK_FORMS).default('uuid'),
  pace: z.tuple([seconds, seconds]).default([5, 15]),
})

const file = z.record(z.string().min(1).max(64), profile)

/** The Profiles that a file's value holds; a FileError lists every fault with its line. */
export function toProfiles(value: JsonValue, source: Pick<SourceFile, 'file' | 'lineOf'>): Profiles {
  const result = file.safeParse(value)
  if (!result.success) {
    throw new FileError(
      result.error.issues.map(({ path, message }) => {
        const keys = path.map((key) => (typeof key === 'number' ? key : String(key)))
        return `${source.file}:${source.lineOf(keys)} ${keys.join('.')}: ${message}`
      }),
    )
  }
  return new Map(Object.entries(result.data).map(([name, { follows, ...rest }]) => [name, { ...rest, follows }]))
}
