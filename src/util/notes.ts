/** Characters of `x-mock-note` at most. */
const MAX_NOTE = 500

/** Notes as one text for a header: printable ASCII, at most 500 characters. */
export function joinNotes(notes: readonly string[]): string {
  const text = notes.join('; ').replaceAll(/[^\x20-\x7e]/g, '?')
  return text.slice(0, MAX_NOTE)
}
