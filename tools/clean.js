// The first part of the build: what an earlier one left would be packed as well.
import { rmSync } from 'node:fs'

for (const folder of ['build', 'dist']) rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true })
