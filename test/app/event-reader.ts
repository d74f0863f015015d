import type { Mock } from '../../src/index.ts'

/** An open event stream. */
export interface Events {
  readonly response: Response
  /** The next event with `id`, `event` and `data`, or a comment. Undefined at the end of the stream. */
  readonly next: () => Promise<any>
  /** The next events. */
  readonly take: (count: number) => Promise<any[]>
  readonly close: () => Promise<void>
}

/** Opens the event stream of a mock. */
export async function readEvents(
  mock: Pick<Mock, 'fetch'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Events> {
  const response = await mock.fetch('/__mock/events', { headers })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const next = async (): Promise<any> => {
    while (!text.includes('\n\n')) {
      const { done, value = '' } = (await reader?.read()) ?? { done: true }
      if (done) return undefined
      text += value
    }
    const end = text.indexOf('\n\n')
    const lines = text.slice(0, end).split('\n')
    text = text.slice(end + 2)
    const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)))
    const { '': comment, data, ...rest } = fields
    return comment === undefined ? { ...rest, data: JSON.parse(data) } : { comment }
  }
  const take = async (count: number): Promise<any[]> => {
    const taken: any[] = []
    while (taken.length < count) taken.push(await next())
    return taken
  }
  return { response, next, take, close: async () => reader?.cancel() }
}
