import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../recipes/recipe.ts'

const root = resolve(import.meta.dirname, '../..')

/** A user's project that has installed the packed package. */
export interface Consumer {
  readonly folder: string
  /** The packed package. */
  readonly tarball: string
  /** The output of `npm pack`. */
  readonly packed: Packed
}

interface Packed {
  readonly filename: string
  /** In bytes. */
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

/** Packs the package as for a release. */
export function pack(): Pick<Consumer, 'tarball' | 'packed'> {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'))
  const [packed]: Packed[] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  )
  if (packed === undefined) throw new Error('npm packed nothing')
  return { packed, tarball: join(folder, packed.filename) }
}

/**
 * Installs the package and the dependencies in test/consumer/project.json into a new folder. Without a lock file,
 * because npm rejects it if a registry lacks an optional dependency for another platform.
 */
export async function createConsumer(): Promise<Consumer> {
  const { tarball, packed } = pack()
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'))
  copyFileSync(join(import.meta.dirname, 'project.json'), join(folder, 'package.json'))
  const { code, output } = await run(
    `npm install --no-package-lock --ignore-scripts --no-audit --no-fund ${tarball}`,
    folder,
  )
  if (code !== 0) throw new Error(output)
  return { folder, tarball, packed }
}
