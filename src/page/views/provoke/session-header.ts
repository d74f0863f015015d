/** The header of a session for the control API. Without a name there is none. */
export function sessionHeader(session: string): { readonly 'x-mock-session'?: string } {
  return session === '' ? {} : { 'x-mock-session': session }
}
