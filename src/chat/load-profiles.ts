import { z } from 'zod'
import type { SourceFile } from '../openapi/document.ts'
import { FileError, loadFile } from '../openapi/document.ts'
import type { JsonValue } from '../util/json.ts'
import { FORMATS } from '../images/recipe.ts'
import { TASK_FORMS } from './digest.ts'
import { mapping, oneOf, seconds, size, style, toFaults } from './zod-helpers.ts'
import type { Profile, Profiles } from './profile.ts'
import { profileOf } from './profile.ts'
import { sizeOf } from './size.ts'
import { PROSE } from './styles/style-helpers.ts'

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

const span = z
  .tuple([seconds, seconds], { error: 'write the shortest and the longest time in seconds, as [2, 8]' })
  .refine(([shortest, longest]) => shortest <= longest, { error: 'write the shortest time before the longest' })

const format = oneOf(FORMATS)
const pace = mapping({
  first: span.exactOptional(),
  queue: span.exactOptional(),
  progress: span.exactOptional(),
  finish: span.exactOptional(),
})
const block = mapping({
  style: style.exactOptional(),
  sizes: z
    .array(size, { error: 'write a list of sizes, as [1024x1024, 1536x1024]' })
    .min(1, 'write at least one size')
    .exactOptional(),
  formats: z
    .tuple([format], format, { error: `write a list of formats, the default one first, of ${FORMATS.join(', ')}` })
    .exactOptional(),
  references: oneOf(['none', 'optional', 'wanted', 'required']).exactOptional(),
  follows: oneOf(['ratio', 'size']).exactOptional(),
  task: oneOf(TASK_FORMS).exactOptional(),
  prose: oneOf(PROSE).exactOptional(),
  pace: pace.exactOptional(),
})

const NAME = /^(?:[^*]{1,64}|[^*]{0,63}\*)$/
const file = z.record(
  z.string().regex(NAME, "write a model's name of at most 64 characters, or a family's beginning and *"),
  block,
  {
    error: 'write a block for each model, as\nmy-model:\n  style: lite',
  },
)

/**
 * The Profiles that a file's value holds, each laid over the one that `under` has for that name, so that a block says only
 * what is different. A FileError lists every fault with its line and its cure.
 */
export function toProfiles(
  value: JsonValue,
  source: Pick<SourceFile, 'file' | 'lineOf'>,
  under: Profiles = new Map([['*', PLAIN]]),
): Profiles {
  const result = file.safeParse(value)
  if (!result.success) throw new FileError(toFaults(result.error.issues, source))
  const own = new Map<string, Profile>()
  for (const [name, { sizes, ...given }] of Object.entries(result.data).toSorted(byBreadth)) {
    const ground = profileOf(new Map([...under, ...own]), name)
    own.set(name, {
      ...ground,
      ...given,
      sizes: sizes?.flatMap((text) => sizeOf(text) ?? []) ?? ground.sizes,
      pace: { ...ground.pace, ...given.pace },
    })
  }
  return new Map(
    Object.keys(result.data)
      .flatMap((name) => [[name, own.get(name)] as const])
      .filter((entry): entry is [string, Profile] => entry[1] !== undefined),
  )
}

// Families before their members, the broadest first: a block is laid over what its file says of its family.
function byBreadth([a]: [string, unknown], [b]: [string, unknown]): number {
  return Number(b.endsWith('*')) - Number(a.endsWith('*')) || a.length - b.length
}

/** The name of the file that holds a folder's Profiles. */
export const PROFILES = 'profiles.yaml'

/** The Profiles of a user's file, laid over the packaged ones: only those that it names. A FileError says what is wrong with it. */
export async function loadProfiles(path: string, under: Profiles): Promise<Profiles> {
  const source = await loadFile(path)
  return toProfiles(source.value, source, under)
}
