/**
 * Creates a generator of pseudo-random integers (sfc32) from 0 to `bound` - 1; `bound` is at most 2^32. The same
 * hexadecimal digits (the first 24 count) and the same salt give the same numbers.
 */
export function createPrng(digits: string, salt = 0): (bound: number) => number {
  let a = word(digits, 0)
  let b = word(digits, 8)
  let c = (word(digits, 16) ^ 0x9e3779b9 ^ salt) | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return (bound) => next() % bound
}

function word(digits: string, at: number): number {
  return digits.length <= at ? 0 : Number.parseInt(digits.slice(at, at + 8), 16) | 0
}

/** Formats the first 32 hexadecimal digits as a UUID of version 4. */
export function toUuid(digits: string): string {
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`
}
