/** Notes as one text for a header: printable ASCII, at most 500 characters. */
export function joinNotes(notes: readonly string[]): string {
  return notes
    .join('; ')
    .slice(0, 500)
    .replaceAll(/[^\x20-\x7e]/g, '?')
}
