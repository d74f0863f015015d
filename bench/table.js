// @ts-check
// What the benchmark reports: the rows with their targets, and how a table of them is printed.

/**
 * @typedef {number | Readonly<Record<number, number>>} Target one value, or a value for each Node major version
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {Target} [least] minimum of the ratio, or of the measured value if the row has no floor
 * @property {Target} [most] maximum of the same
 *
 * @typedef {object} Measured
 * @property {number | undefined} [floor]
 * @property {number | undefined} ours
 * @property {number | undefined} [ratio] ours divided by the floor
 *
 * @typedef {{ title: string, least?: number | undefined, most?: number | undefined } & Measured} Figure a measured row
 */

/**
 * All rows, by their names in figures.json. "New" means that no request was sent before; "repeated" means the same
 * bytes again and again. Rows without a target are for information.
 * @type {Readonly<Record<string, Row>>}
 */
export const ROWS = {
  'json-new': { title: 'JSON, new prompts: responses/s', least: 0.35 },
  'json-repeated': { title: 'JSON, repeated: responses/s', least: 0.5 },
  'p99-new': { title: 'JSON, new prompts, 64 connections: p99 ms', most: 2.5 },
  'p99-repeated': { title: 'JSON, repeated, 64 connections: p99 ms', most: 2.5 },
  'sse-new': { title: 'SSE, new prompts: streams/s', least: 0.45 },
  'sse-repeated': { title: 'SSE, repeated: streams/s', least: 1 },
  'sse-buffer': { title: 'SSE, new prompts; the floor writes once: streams/s' },
  'body-300k-new': { title: '300 KB bodies, new image and prompt: responses/s', least: 0.6 },
  'body-300k-repeated': { title: '300 KB bodies, repeated: responses/s', least: 0.6 },
  'body-3m-new': { title: '3 MB bodies, new image and prompt: responses/s' },
  'png-fresh': { title: 'new 1024x1024 PNGs/s' },
  'png-fresh-core': { title: 'new 1024x1024 PNGs/s and core', least: 100 },
  'png-bytes': { title: 'bytes of such a PNG' },
  'png-kept': { title: 'cached PNG; the floor serves it from memory: responses/s', least: 0.6 },
  lateness: { title: '1,000 paced streams at once: p99 lateness, ms', most: 20 },
  'cold-start': { title: 'cold start to the first response, ms', most: { 20: 1.75, 24: 1.6 } },
  'create-mock': { title: 'createMock in a warm process, ms' },
  'start-mock': { title: 'startMock to the first response in a warm process, ms' },
  'memory-start': { title: 'memory after the first response, MB', most: 1.3 },
  'memory-million': { title: 'memory after 1,000,000 new requests, MB', most: 2 },
  // Garbage collection makes memory vary by a few percent.
  'memory-growth': { title: 'memory after 1,000,000; the floor is ours after 150,000, MB', most: 1.1 },
}

const NODE = Number.parseInt(process.versions.node, 10)

/**
 * The value of a target on a Node version: that of the newest listed version that is not newer.
 * @param {Target | undefined} target
 * @param {number} node major version
 */
export function targetOn(target, node) {
  if (typeof target !== 'object') return target
  const version = Math.max(
    ...Object.keys(target)
      .map(Number)
      .filter((listed) => listed <= node),
  )
  return target[version]
}

/**
 * A Figure of one of the ROWS, with the targets of the running Node version.
 * @param {string} name in ROWS
 * @param {Measured | undefined} measured
 * @param {number} [node] major version
 * @returns {Figure & { name: string }}
 */
export function toFigure(name, measured, node = NODE) {
  const row = ROWS[name]
  if (row === undefined || measured === undefined) throw new Error(`no row or nothing measured: ${name}`)
  return { name, ...row, ...measured, least: targetOn(row.least, node), most: targetOn(row.most, node) }
}

/**
 * Whether a Figure meets its target. Undefined if it has no target, or if this system cannot measure it.
 * @param {Figure} figure
 */
function isMet({ ours, ratio, least, most }) {
  const value = ratio ?? ours
  if (value === undefined || (least === undefined && most === undefined)) return undefined
  return value >= (least ?? 0) && value <= (most ?? Infinity)
}

/**
 * Whether a Figure misses its target.
 * @param {Figure} figure
 */
export function isMissed(figure) {
  return isMet(figure) === false
}

/**
 * The median of some numbers; NaN if there are none.
 * @param {readonly number[]} numbers
 */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/**
 * The value that 99 of 100 numbers do not exceed.
 * @param {readonly number[]} numbers
 */
export function p99(numbers) {
  return percentile(numbers, 99)
}

/**
 * The value that a percentage of the numbers does not exceed; undefined if there are none.
 * @param {readonly number[]} numbers
 * @param {number} percent
 */
export function percentile(numbers, percent) {
  return numbers.toSorted((a, b) => a - b)[Math.ceil((numbers.length * percent) / 100) - 1]
}

const HEAD = ['', 'floor', 'measured', 'ratio', 'target', 'met']

/** @param {number | undefined} value */
function toText(value) {
  return value?.toLocaleString('en', { maximumFractionDigits: value >= 1000 ? 0 : 1 }) ?? ''
}

/**
 * The Figures as a table of plain text.
 * @param {readonly Figure[]} figures
 */
export function toTable(figures) {
  const rows = figures.map((figure) => {
    const { title, floor, ours, ratio, least, most } = figure
    const target = least !== undefined ? `>= ${least}` : most !== undefined ? `<= ${most}` : ''
    const met = { true: 'yes', false: 'NO', undefined: '' }[String(isMet(figure))] ?? ''
    return [title, toText(floor), toText(ours), ratio?.toFixed(2) ?? '', target, met]
  })
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)))
  const toLine = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [HEAD, widths.map((width) => '-'.repeat(width)), ...rows].map(toLine).join('\n')
}
