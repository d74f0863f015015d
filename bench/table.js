// @ts-check

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} [floor]
 * @property {number | undefined} ours
 * @property {number | undefined} [ratio]
 * @property {number} [least] what the ratio, or ours where there is none, must reach
 * @property {number} [most] what it must not exceed
 */

const TOLERANCE = 0.15
const HEAD = ['figure', 'floor', 'measured', 'ratio', 'target', 'ok?']

/**
 * The middle one of some numbers.
 * @param {readonly number[]} numbers
 */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/**
 * Whether a Figure misses its target by more than the noise of a machine that does other things as well.
 * @param {Figure} figure
 */
export function isMissed(figure) {
  return judge(figure, TOLERANCE) === false
}

/**
 * @param {Figure} figure
 * @param {number} tolerance
 */
function judge({ ours, ratio, least, most }, tolerance) {
  const value = ratio ?? ours
  if (value === undefined || (least === undefined && most === undefined)) return undefined
  return value >= (least ?? 0) * (1 - tolerance) && value <= (most ?? Infinity) * (1 + tolerance)
}

/** @param {Figure} figure */
function verdictOf(figure) {
  const isMet = judge(figure, 0)
  return isMet === undefined ? '' : isMet ? 'yes' : isMissed(figure) ? 'NO' : 'nearly'
}

/** @param {number | undefined} value */
function toText(value) {
  if (value === undefined) return ''
  return value.toLocaleString('en', { maximumFractionDigits: value >= 1000 ? 0 : 1 })
}

/**
 * The Figures as a table of text.
 * @param {readonly Figure[]} figures
 */
export function toTable(figures) {
  const rows = figures.map((figure) => {
    const { name, floor, ours, ratio, least, most } = figure
    const target = least !== undefined ? `>= ${least}` : most !== undefined ? `<= ${most}` : ''
    return [name, toText(floor), toText(ours), ratio?.toFixed(2) ?? '', target, verdictOf(figure)]
  })
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)))
  const pad = (/** @type {string} */ cell, /** @type {number} */ i) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  const rule = widths.map((width) => '-'.repeat(width))
  return [HEAD, rule, ...rows].map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}
