import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const root = resolve(import.meta.dirname, '../..')

/** The documents of a YAML file, by its path from the root. */
export function documents(path: string): any[] {
  return parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((document) => document.toJS())
}

/** The files below deploy/ and .github/, by their paths from the root. */
export const files: readonly string[] = ['deploy', '.github'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.\w+$/.test(file))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .toSorted(),
)

export const workflows: readonly string[] = [
  ...files.filter((file) => file.startsWith('.github/workflows/')),
  'deploy/github/workflow.yml',
]

/** The objects of the Kubernetes files that are applied. */
export const objects: readonly any[] = files
  .filter((file) => file.startsWith('deploy/kubernetes/') && !/\/(?:kustomization|mock)\.yaml$/.test(file))
  .flatMap(documents)

/** Those of a kind. */
export const ofKind = (kind: string): readonly any[] => objects.filter((object) => object.kind === kind)
