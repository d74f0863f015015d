import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const root = resolve(import.meta.dirname, '../..')

/** Reads the documents of a YAML file. The path is relative to the root. */
export function documents(path: string): any[] {
  return parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((document) => document.toJS())
}

/** The files in deploy/ and .github/, as paths relative to the root. */
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

/** The Kubernetes objects in deploy/, without kustomizations and patches. */
export const objects: readonly any[] = files
  .filter((file) => file.startsWith('deploy/kubernetes/') && !/\/(?:kustomization|mock)\.yaml$/.test(file))
  .flatMap(documents)

/** The Kubernetes objects of a kind. */
export const ofKind = (kind: string): readonly any[] => objects.filter((object) => object.kind === kind)
