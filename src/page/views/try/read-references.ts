import type { Reference } from './entry.ts'

/** Maximum bytes of all reference pictures together: a data URI is a third larger, and the mock reads at most 32 MiB. */
const MAX_BYTES = 20_000_000

/** Why a file was not added. */
export interface ReferenceProblem {
  readonly kind: 'notPicture' | 'tooLarge' | 'unreadable'
  readonly name: string
}

/** Adds files to the references. Reads no file that is not a picture, or that makes the request too large. */
export async function readReferences(
  files: readonly File[],
  before: readonly Reference[],
): Promise<{ readonly references: readonly Reference[]; readonly problem?: ReferenceProblem }> {
  const references = [...before]
  let bytes = before.reduce((sum, { url }) => sum + url.length * 0.75, 0)
  let problem: ReferenceProblem | undefined
  for (const file of files) {
    const { name, size, type } = file
    bytes += size
    if (!type.startsWith('image/')) problem = { kind: 'notPicture', name }
    else if (bytes > MAX_BYTES) problem = { kind: 'tooLarge', name }
    else {
      const url = await toDataUri(file).catch(() => undefined)
      if (url === undefined) problem = { kind: 'unreadable', name }
      else references.push({ name, url })
    }
  }
  return problem === undefined ? { references } : { references, problem }
}

async function toDataUri(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result : ''))
    reader.addEventListener('error', () => reject(reader.error ?? new Error(file.name)))
    reader.readAsDataURL(file)
  })
}
