const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/**
 * The text of a name or a value of a form, as URLSearchParams reads it: `+` is a space, and what is not valid
 * percent-encoding stays as it is. Takes linear time: megabytes of `+` need no string for each of them.
 */
export function decodeField(field: Buffer): string {
  if (!field.includes(PLUS) && !field.includes(PERCENT)) return field.toString('utf8')
  const decoded = Buffer.allocUnsafe(field.length)
  let length = 0
  for (let at = 0; at < field.length; at++) {
    const byte = field[at] ?? 0
    const escaped = byte === PERCENT ? hexDigit(field[at + 1]) * 16 + hexDigit(field[at + 2]) : Number.NaN
    if (!Number.isNaN(escaped)) at += 2
    decoded[length++] = Number.isNaN(escaped) ? (byte === PLUS ? SPACE : byte) : escaped
  }
  return decoded.toString('utf8', 0, length)
}

// NaN for a byte that is not a digit.
function hexDigit(byte = SPACE): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN
}
