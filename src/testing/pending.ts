import type { Mock, Session } from '../mock/session.ts'

/** Throws if scripted answers are left that no request has taken. The message shows them, and the requests that came instead. */
export async function checkPending(session: Pick<Session, 'pending' | 'table'>): Promise<void> {
  const pending = await session.pending()
  if (pending.length > 0) throw new Error(await session.table())
}

/** A fixture that opens a mock, and closes it when all that use it have ended. */
export function openedBy(open: () => Promise<Mock>) {
  // oxlint-disable-next-line eslint/no-empty-pattern -- the runners read from the pattern which fixtures are needed
  return async ({}: object, use: (mock: Mock) => Promise<void>): Promise<void> => {
    const mock = await open()
    await use(mock)
    await mock.close()
  }
}
