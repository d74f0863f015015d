import { expect, test } from 'vitest'
import { toCoverage } from '../../src/journal/coverage.ts'
import { toJUnit, toMarkdown } from '../../src/journal/coverage-report.ts'
import { LIMITS } from '../../src/store/store.ts'
import { appWith } from '../app/unlistened.ts'
import { chatOf, targets, record } from './record.ts'

const CHAT = 'POST /v1/chat/completions'
const { keys } = await record({ body: chatOf('a fox', { model: 'flux-<b>|"&\u0001' }) })
const coverage = toCoverage(
  new Map([...keys, 'scenario a|<script>"x"&\u0001', 'model flux'].map((key) => [key, 2])),
  targets,
  { models: 'all', scenarios: 'all' },
)

test('Markdown: a summary, the violations, then each section with the items that are not covered', () => {
  const text = toMarkdown(coverage)
  expect(text).toMatch(
    /^# Contract coverage\n\n\| {2}\| covered \| total \| % \|\n\|---\|---\|---\|---\|\n\| Operations \| 1 \| 3 \| 33 \|\n\| Models \| 1 \| 15 \| 6 \|\n/,
  )
  expect(text).toContain(
    "| value:model | 2 | POST /v1/chat/completions | Invalid value for 'model': supported values are",
  )
  expect(text).toContain('| POST /v1/chat/completions | 2 |\n\nNot covered: GET /v1/models, GET /v1/models/{model}')
  expect(text).toContain(
    '\n\n<details>\n<summary>14 not covered</summary>\n\nNot covered: gpt-image-1, gpt-4o-image, sora\\_image, ',
  )
  expect(text.match(/<details>/g)).toEqual(text.match(/\n\n<\/details>\n/g)?.map(() => '<details>'))
})

test('text from a client cannot break the table or add markup', () => {
  const row = toMarkdown(coverage)
    .split('\n')
    .find((line) => line.includes('script'))
  expect(row).toBe('| a\\|\\<script\\>"x"\\& (not in the contract) | 2 |')
})

test('JUnit: covered items pass, others are skipped, violations fail', () => {
  const text = toJUnit(coverage)
  expect(text).toContain(`<testcase classname="operations" name="${CHAT}" time="0"/>`)
  expect(text).toContain(
    '<testcase classname="operations" name="GET /v1/models" time="0"><skipped message="not covered"/></testcase>',
  )
  expect(text).toMatch(
    /<testcase classname="violations" name="POST \/v1\/chat\/completions value:model" time="0"><failure type="value:model" message="Invalid value for &apos;model&apos;: [^"<]* \(2 requests\)">\/paths\/[^<]*\/properties\/model<\/failure><\/testcase>/,
  )
  expect(text).toContain('name="a|&lt;script&gt;&quot;x&quot;&amp;\ufffd"')
  const [, tests, failures, skipped] = /tests="(\d+)" failures="(\d+)" errors="0" skipped="(\d+)"/
    .exec(text)!
    .map(Number)
  expect([
    text.match(/<testcase /g)?.length,
    text.match(/<failure /g)?.length,
    text.match(/<skipped /g)?.length,
  ]).toEqual([tests, failures, skipped])
})

test('each report says how much is not counted', async () => {
  const { app, context } = await appWith()
  const known = Array.from({ length: LIMITS.marks }, (_, i) => `model m${i}`)
  await context.store.mark('', known)
  await app.request('/v1/made/up') // its status and its violation
  for (const query of ['', '?total=true']) {
    const read = async (accept: string) =>
      (await app.request(`/__mock/coverage${query}`, { headers: { accept } })).text()
    expect(JSON.parse(await read('application/json'))).toMatchObject({ notCounted: 2, violations: [] })
    expect(await read('text/markdown')).toContain(
      '\n\nNot counted: 2 uses of other items, because there are too many different ones.\n\n',
    )
    expect(await read('application/xml')).toMatch(
      /<testsuite [^>]*>\n<properties><property name="notCounted" value="2"\/><\/properties>\n<testcase /,
    )
  }
  expect(coverage.notCounted).toBe(0)
  expect(toMarkdown(coverage)).not.toContain('Not counted')
  expect(toJUnit(coverage)).not.toContain('<properties>')
})

test('JSON: a round trip changes nothing', () => {
  expect(JSON.parse(JSON.stringify(coverage))).toEqual(coverage)
})

test('JUnit: models and scenarios outside the scope are not skipped cases', () => {
  const narrow = toJUnit(
    toCoverage(
      new Map([
        ['model flux', 1],
        ['scenario slow', 1],
      ]),
      targets,
    ),
  )
  expect(narrow).toContain('<testcase classname="models" name="flux" time="0"/>')
  expect(narrow).toContain('<testcase classname="scenarios" name="slow" time="0"/>')
  expect(narrow).not.toMatch(/classname="(?:models|scenarios)"[^>]*><skipped/)
})
