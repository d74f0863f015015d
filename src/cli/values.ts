// What the text of a flag or of its variable stands for; undefined for one that is not allowed.

/** The one of the values that a text says. */
export const one = <T extends string>(values: readonly T[], text: string): T | undefined =>
  values.find((value) => value === text)

/** Any text but none. */
export function notEmpty(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** What a switch says: `true` or `false`. */
export function toBoolean(text: string): boolean | undefined {
  return text === 'true' || text === 'false' ? text === 'true' : undefined
}

/** Seconds, 0 to 3600. */
export function toSeconds(text: string): number | undefined {
  return /^\d{1,4}(?:\.\d+)?$/.test(text) && Number(text) <= 3600 ? Number(text) : undefined
}

/** Whether a text is a whole number from 0 to `most`. */
export function isWhole(text: string, most: number): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) <= most
}
