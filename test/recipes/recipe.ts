import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const root = resolve(import.meta.dirname, '../..')

/** The files and commands of a page in docs/recipes. */
export interface Recipe {
  /** The code blocks whose fence names a file. */
  readonly files: readonly { readonly path: string; readonly text: string }[]
  /** The lines of its `sh` blocks in order. The last one runs the tests. */
  readonly commands: readonly string[]
}

/** Reads docs/recipes/NAME.md. */
export function readRecipe(name: string): Recipe {
  const page = readFileSync(join(root, 'docs/recipes', `${name}.md`), 'utf8')
  const blocks = [...page.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
  return {
    files: blocks.flatMap(([, , path, text = '']) => (path === undefined ? [] : [{ path, text }])),
    commands: blocks.flatMap(([, language, path, text = '']) =>
      language === 'sh' && path === undefined ? text.trim().split('\n') : [],
    ),
  }
}

/** Writes the files of a recipe into a folder. */
export function layOut({ files }: Recipe, folder: string): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** The exit code or signal of a command, and its output on stdout and stderr. */
export interface Ran {
  readonly code: number | string | null
  readonly output: string
}

/** Runs commands in a shell, for at most five minutes. Connections to the mock do not use a proxy. */
export async function run(commands: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const options = {
    cwd,
    timeout: 290_000,
    maxBuffer: 16_777_216,
    env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...env },
  }
  return new Promise((done) => {
    execFile('sh', ['-e', '-c', commands], options, (error, stdout, stderr) =>
      done({
        code: error === null ? 0 : (error.code ?? error.signal ?? null),
        output: stripVTControlCharacters(stdout + stderr),
      }),
    )
  })
}
