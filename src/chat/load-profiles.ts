import { z } from 'zod'
import { type Size, FORMATS } from '../images/recipe.ts'
import { type SourceFile, FileError, loadFile } from '../openapi/document.ts'
import type { JsonValue } from '../util/json.ts'
import { TASK_FORMS } from './digest.ts'
import { type Profile, type Profiles, profileOf, PROSE } from './profile.ts'
import { parseSize } from './size.ts'
import { mapping, oneOf, seconds, size, style, toProblems } from './zod-helpers.ts'

/** The defaults of all blocks. */
const DEFAULTS: Profile = {
  style: 'markdown',
  sizes: [{ width: 1024, height: 1024 }],
  formats: ['png'],
  references: 'optional',
  follows: undefined,
  referenceSizes: undefined,
  task: 'uuid',
  prose: 'none',
  pace: { first: [0.5, 2], queue: [0, 1], progress: [4, 12], finish: [0, 1] },
}

const span = z
  .tuple([seconds, seconds], { error: 'must be the shortest and the longest time in seconds, such as [2, 8]' })
  .refine(([shortest, longest]) => shortest <= longest, { error: 'must have the shortest time first' })

const format = oneOf(FORMATS)
const time = span.exactOptional()
const pace = mapping({ first: time, queue: time, progress: time, finish: time })
const sizes = z
  .array(size, { error: 'must be a list of sizes, such as [1024x1024, 1536x1024]' })
  .min(1, 'must have at least one size')
const block = mapping({
  style: style.exactOptional(),
  sizes: sizes.exactOptional(),
  formats: z
    .tuple([format], format, { error: `must be a list of ${FORMATS.join(', ')}, the default one first` })
    .exactOptional(),
  references: oneOf(['none', 'optional', 'wanted', 'required']).exactOptional(),
  follows: oneOf(['ratio', 'size']).exactOptional(),
  referenceSizes: sizes.exactOptional(),
  task: oneOf(TASK_FORMS).exactOptional(),
  prose: oneOf(PROSE).exactOptional(),
  pace: pace.exactOptional(),
})

const NAME = /^(?:[^*]{1,64}|[^*]{0,63}\*)$/
const file = z.record(
  z.string().regex(NAME, 'must be a model name or a prefix that ends with *, at most 64 characters'),
  block,
  { error: 'must have a block for each model, such as\nmy-model:\n  style: lite' },
)

/**
 * The Profiles of a file's value. A block overrides the Profile that its name would have without it: by the families
 * of the file, otherwise by `under`. Throws a FileError that lists all problems with line and fix.
 */
export function toProfiles(
  value: JsonValue,
  source: Pick<SourceFile, 'file' | 'lineOf'>,
  under: Profiles = new Map([['*', DEFAULTS]]),
): Profiles {
  const result = file.safeParse(value)
  if (!result.success) throw new FileError(toProblems(result.error.issues, source))
  const own = new Map<string, Profile>()
  for (const [name, { sizes: ownSizes, referenceSizes: ownReferenceSizes, ...given }] of Object.entries(
    result.data,
  ).toSorted(byBreadth)) {
    const base = profileOf(new Map([...under, ...own]), name)
    own.set(name, {
      ...base,
      ...given,
      sizes: toSizes(ownSizes) ?? base.sizes,
      referenceSizes: toSizes(ownReferenceSizes) ?? base.referenceSizes,
      pace: { ...base.pace, ...given.pace },
    })
  }
  return new Map(Object.keys(result.data).map((name) => [name, profileOf(own, name)])) // in the order of the file
}

function toSizes(texts: readonly string[] | undefined): Size[] | undefined {
  return texts?.flatMap((text) => parseSize(text) ?? [])
}

// Families before their members, the broadest first.
function byBreadth([a]: [string, unknown], [b]: [string, unknown]): number {
  return Number(b.endsWith('*')) - Number(a.endsWith('*')) || a.length - b.length
}

/** The file with the Profiles in a folder of fixtures. */
export const PROFILES = 'profiles.yaml'

/** The Profiles of a user's file, without those of `under`. Throws a FileError that lists all problems. */
export async function loadProfiles(path: string, under: Profiles): Promise<Profiles> {
  const source = await loadFile(path)
  return toProfiles(source.value, source, under)
}
