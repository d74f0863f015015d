const MAX_NOTE = 500

/** The header that says what was done otherwise than asked: printable ASCII, at most 500 characters; no header where there is nothing to say. */
export function toNote(notes: readonly string[]): Readonly<Record<string, string>> {
  if (notes.length === 0) return {}
  return {
    'x-mock-note': notes
      .join('; ')
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .slice(0, MAX_NOTE),
  }
}
