// The second half of the build: writes dist/prepared.js.
import { writeFileSync } from 'node:fs'
import { prepare } from '../build/prepare.js'

writeFileSync(new URL('../dist/prepared.js', import.meta.url), await prepare())
