import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { isMissed, median, p99, ROWS, targetOn, toFigure, toTable } = await import(
  new URL('../../bench/table.js', import.meta.url).href
)
const { performanceTables, withTables } = await import(new URL('../../tools/performance.js', import.meta.url).href)
const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

test('a target with Node versions is that of the newest version that is not newer than the running one', () => {
  const target = { 20: 1.75, 24: 1.6 }
  expect([20, 22, 24, 26].map((node) => targetOn(target, node))).toEqual([1.75, 1.75, 1.6, 1.6])
  expect([targetOn(0.35, 20), targetOn(undefined, 20)]).toEqual([0.35, undefined])
})

test('a figure misses its target below the minimum or above the maximum, and meets it at the limit', () => {
  const missed = (name: string, ratio: number, node: number): boolean =>
    isMissed(toFigure(name, { floor: 1, ours: 1, ratio }, node))
  expect([missed('json-new', 0.349, 20), missed('json-new', 0.35, 20)]).toEqual([true, false])
  expect([missed('cold-start', 1.7, 20), missed('cold-start', 1.7, 24)]).toEqual([false, true])
})

test('a target applies to the measured value of a row without a floor', () => {
  expect(isMissed(toFigure('png-fresh-core', { ours: 99 }))).toBe(true)
  expect(isMissed(toFigure('lateness', { ours: 19 }))).toBe(false)
})

test('a row without a target never misses it; a row whose measurement failed does', () => {
  expect(isMissed(toFigure('create-mock', { ours: 1000 }))).toBe(false)
  expect(isMissed(toFigure('json-new', { floor: 0, ours: 0, ratio: Number.NaN }))).toBe(true)
  expect(() => toFigure('nothing', { ours: 1 })).toThrow('nothing')
})

test('each target of a Node version covers the oldest Node that is supported', () => {
  const rows: { least?: unknown; most?: unknown }[] = Object.values(ROWS)
  const targets = rows.flatMap(({ least, most }) => [least, most]).filter((target) => target !== undefined)
  expect(targets.length).toBeGreaterThan(10)
  for (const target of targets) expect(targetOn(target, 20)).toBeGreaterThan(0)
})

test('the table has a line for each figure, with its target and whether it is met', () => {
  const table: string = toTable([
    { title: 'rate', floor: 2000.4, ours: 1000, ratio: 0.5, least: 0.6 },
    { title: 'lateness', ours: 19.06, most: 20 },
    { title: 'only for information', ours: 3 },
  ])
  expect(table).toBe(`                      floor  measured  ratio  target  met
--------------------  -----  --------  -----  ------  ---
rate                  2,000     1,000   0.50  >= 0.6   NO
lateness                         19.1          <= 20  yes
only for information                3`)
})

test('median and p99', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN])
  expect([p99(hundred), p99([5])]).toEqual([99, 5])
})

test('docs/performance.md shows the last saved measurement: after `npm run bench -- --peers --save`, run node tools/performance.js', () => {
  const tables: string = performanceTables(JSON.parse(read('bench/figures.json')))
  const page = read('docs/performance.md')
  expect(withTables(page, tables)).toBe(page)
  expect(tables).toMatch(/Node 20/)
  expect(tables).toMatch(/\| chat-image-mock \| \d\.\d\d \| \d\.\d\d \| \d\.\d\d \|/)
  const rows = tables.split('\n')
  expect(
    rows.filter((row) => row.includes('| –')),
    'only other servers have missing figures',
  ).toEqual(rows.filter((row) => /^\| (?:Steady|Prism|Scalar) /.test(row)))
})
