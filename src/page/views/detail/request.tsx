import { useWords } from '../../language.ts'
import { Code } from '../../parts/copy.tsx'
import { detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'
import { Headers } from './headers.tsx'

/** The request: its headers and its body. */
export function RequestTab({ exchange: { request } }: TabProps) {
  const words = useWords(detailWords)
  const { body, headers } = request
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  return (
    <div class="stack">
      {body === undefined ? <p class="soft">{words.noBody}</p> : <Code label={words.requestBody} text={text} />}
      <Headers label={words.requestHeaders} headers={headers} />
    </div>
  )
}
