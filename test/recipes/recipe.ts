import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** A page of docs/recipes: what its reader writes, and what its reader types. */
export interface Recipe {
  /** The blocks whose fence names a file. */
  readonly files: readonly { readonly path: string; readonly text: string }[]
  /** The lines of its `sh` blocks, in their order; the last one runs the tests. */
  readonly commands: readonly string[]
}

/** Reads docs/recipes/NAME.md. */
export function readRecipe(name: string): Recipe {
  const page = readFileSync(join(root, 'docs/recipes', `${name}.md`), 'utf8')
  const blocks = [...page.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
  return {
    files: blocks.flatMap(([, , path, text = '']) => (path === undefined ? [] : [{ path, text }])),
    commands: blocks.flatMap(([, language, path, text = '']) => (language === 'sh' && path === undefined ? text.trim().split('\n') : [])),
  }
}

/** Writes the files of a recipe into a folder. */
export function layOut({ files }: Recipe, folder: string): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
