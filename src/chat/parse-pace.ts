/** A pace in words as a factor of the real gateway's time: `instant` is 0, `real` is 1, and any number from 0 to 1000 itself. Undefined for other words. */
export function toPace(text: string): number | undefined {
  if (text === 'instant') return 0
  if (text === 'real') return 1
  return /^\d{1,4}(?:\.\d{1,6})?$/.test(text) && Number(text) <= 1000 ? Number(text) : undefined
}
