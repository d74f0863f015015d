// Runs before `npm start`: builds if dist/ is missing or older than its sources. So it works after `npm ci`.
import { execSync } from 'node:child_process'
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

// The inputs of the build. The lock file changes with the packages that are bundled into dist/.
export const SOURCES = [
  'src',
  'tools',
  'fixtures',
  'openapi.yaml',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

/** Whether the build in a folder of the project is missing or older than its sources. */
export function isStale(root) {
  const builtAt = statSync(join(root, 'dist/cli.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return SOURCES.some((source) => changedAt(join(root, source)) > builtAt)
}

// The time of a folder changes when a file in it is added or deleted.
function changedAt(path) {
  const stats = statSync(path)
  const inside = stats.isDirectory() ? readdirSync(path).map((name) => changedAt(join(path, name))) : []
  return Math.max(stats.mtimeMs, ...inside)
}

const root = join(import.meta.dirname, '..')
if (realpathSync(process.argv[1]) === import.meta.filename && isStale(root))
  execSync('npm run --silent build', { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
