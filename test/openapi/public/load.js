// Prints the milliseconds until the mock has loaded a document, and the memory of this process in MB.
import { createMock } from '../../../dist/index.js'

const started = performance.now()
const mock = await createMock({ spec: process.argv[2] })
const time = Math.round(performance.now() - started)
await mock.fetch('http://mock.invalid/nothing')
const memory = Math.round(process.memoryUsage().rss / 1e6)
process.stdout.write(JSON.stringify({ time, memory }))
await mock.close()
