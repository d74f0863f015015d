// The first step of the build: deletes build/, because modules of an earlier build would be bundled too. bundle.js
// cleans dist/ at the end, because a running mock loads some of its files later.
import { rmSync } from 'node:fs'

rmSync(new URL('../build', import.meta.url), { recursive: true, force: true })
