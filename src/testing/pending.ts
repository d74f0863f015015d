import type { Mock, Session } from '../mock/session.ts'

/** Throws an Error if a scripted response was not used. Its message lists them, and the requests received. */
export async function checkPending(session: Pick<Session, 'pending' | 'table'>): Promise<void> {
  const pending = await session.pending()
  if (pending.length > 0) throw new Error(await session.table())
}

/** A fixture that opens a mock, and closes it after the last test that uses it. */
export function openedBy(open: () => Promise<Mock>) {
  // oxlint-disable-next-line eslint/no-empty-pattern -- test runners read the required fixtures from this pattern
  return async ({}: object, use: (mock: Mock) => Promise<void>): Promise<void> => {
    const mock = await open()
    await use(mock)
    await mock.close()
  }
}
