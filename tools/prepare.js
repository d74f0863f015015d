// The second half of the build: writes build/prepared.js.
import { writeFileSync } from 'node:fs'
import { prepare } from '../build/prepare.js'

writeFileSync(new URL('../build/prepared.js', import.meta.url), await prepare())
