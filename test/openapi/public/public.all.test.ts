import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { mockWith } from '../../ask.ts'
import { DOCUMENTS, RESULTS, fileOf } from './documents.ts'
import { survey } from './survey.ts'

/** Operations of a document that are called. `SURVEY=100000` calls all of them, which takes minutes. */
const LIMIT = Number(process.env['SURVEY'] ?? 60)

/** MB of a mock with a small contract: Node and the mock itself. */
const SMALLEST = 105

// The results are also written to node_modules/.cache, as rows of a table and with all failures.
describe.each(DOCUMENTS)('$name', (document) => {
  const file = fileOf(document) ?? ''
  if (file === '') console.warn(`${document.package} cannot be downloaded: the tests of ${document.name} are skipped`)
  test.skipIf(file === '')('accepts valid requests, and its answers are valid', async () => {
    const text = readFileSync(file, 'utf8')
    const started = performance.now()
    const mock = await mockWith({ spec: file })
    const time = Math.round(performance.now() - started)
    const found = await survey(file.endsWith('.json') ? JSON.parse(text) : parse(text, { merge: true }), mock, LIMIT)
    const { operations, requests, rejected, failed, invalid, impossible, ownInvalid } = found
    const counts = [operations, requests, rejected.length, failed.length, invalid.length, impossible, ownInvalid]
    appendFileSync(RESULTS, `| ${[document.name, `${time} ms`, ...counts].join(' | ')} |\n`)
    writeFileSync(`${file}.results`, JSON.stringify(found, undefined, 2))
    expect(requests).toBeGreaterThan(operations)
    expect({ rejected, failed, invalid }).toEqual({ rejected: [], failed: [], invalid: [] })
  })

  test.skipIf(file === '')('needs little memory', () => {
    const script = fileURLToPath(new URL('load.js', import.meta.url))
    const { time, memory } = JSON.parse(execFileSync('node', [script, file], { encoding: 'utf8' }))
    const megabytes = statSync(file).size / 1e6
    appendFileSync(RESULTS, `| ${document.name} | ${megabytes.toFixed(1)} MB | ${time} ms | ${memory} MB |\n`)
    expect(memory).toBeLessThan(Math.max(SMALLEST, 75 + 12 * megabytes))
  })
})
