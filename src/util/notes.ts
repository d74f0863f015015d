import type { Reply } from './reply.ts'

const MAX_NOTE = 500

/** Notes as one text: printable ASCII, at most 500 characters. */
export function joinNotes(notes: readonly string[]): string {
  return notes
    .join('; ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_NOTE)
}

/** The header that says what was done otherwise than asked; no header where there is nothing to say. */
export function toNote(notes: readonly string[]): Readonly<Record<string, string>> {
  return notes.length === 0 ? {} : { 'x-mock-note': joinNotes(notes) }
}

/** A Reply with more notes behind those that it has. */
export function withNotes(reply: Reply, notes: readonly string[]): Reply {
  if (notes.length === 0) return reply
  const told = reply.headers['x-mock-note']
  return { ...reply, headers: { ...reply.headers, ...toNote(told === undefined ? notes : [told, ...notes]) } }
}
