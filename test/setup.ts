import { execSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds once before all tests: they need build/prepared.js, and some run the command. */
export default function setup(): void {
  execSync('npm run --silent build', {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
