import type { Session } from '../mock/session.ts'

/** An error when something was scripted that nobody asked for: it shows that, and what was asked instead. */
export async function checkPending(session: Pick<Session, 'pending' | 'table'>): Promise<void> {
  const pending = await session.pending()
  if (pending.length > 0) throw new Error(await session.table())
}
