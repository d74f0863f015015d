import type { Session } from '../mock/session.ts'

/** Throws if scripted answers are left that no request has taken. The message shows them, and the requests that came instead. */
export async function checkPending(session: Pick<Session, 'pending' | 'table'>): Promise<void> {
  const pending = await session.pending()
  if (pending.length > 0) throw new Error(await session.table())
}
