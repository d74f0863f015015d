// The first part of the build: an earlier one's modules would be bundled as well. What it left in dist/ is taken away at the
// end, by bundle.js: a mock that runs from there loads some of its files later.
import { rmSync } from 'node:fs'

rmSync(new URL('../build', import.meta.url), { recursive: true, force: true })
