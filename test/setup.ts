import { execSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const { isStale } = await import(new URL('../tools/build-if-stale.js', import.meta.url).href)

/** Builds once before all tests: they need build/prepared.js, and some run the command. */
export default function setup(): void {
  const root = fileURLToPath(new URL('..', import.meta.url))
  // Another run of tests may use the same build: that of another version of Node, in test:all.
  if (isStale(root)) execSync('npm run --silent build', { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
}
