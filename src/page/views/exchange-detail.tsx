import { useRef, useState } from 'preact/hooks'
import type { Exchange } from '../../journal/exchange.ts'
import { control, read } from '../control.ts'
import { useJournal } from '../journal.ts'
import { useWords } from '../language.ts'
import { Tabs } from '../parts/tabs.tsx'
import { useRead } from '../read.ts'
import { detailWords } from '../words/detail.ts'
import { AnswerTab } from './detail/answer.tsx'
import { ContractTab } from './detail/contract.tsx'
import { FramesTab } from './detail/frames.tsx'
import { DetailHead } from './detail/head.tsx'
import { PicturesTab } from './detail/pictures.tsx'
import { RequestTab } from './detail/request.tsx'
import { type Progress, useProgress } from './detail/use-progress.ts'
import { WhyTab } from './detail/why.tsx'

const TABS = {
  answer: AnswerTab,
  pictures: PicturesTab,
  request: RequestTab,
  frames: FramesTab,
  contract: ContractTab,
  why: WhyTab,
} as const
type TabName = keyof typeof TABS
const NAMES: readonly TabName[] = ['answer', 'pictures', 'request', 'frames', 'contract', 'why']

/** What each tab shows. */
export interface TabProps {
  readonly exchange: Exchange
  readonly progress: Progress
}

// The next exchange opens at the tab of the last one.
let lastTab: TabName = 'answer'

/** One exchange. While its response is being sent, it is read again after each change. */
export function ExchangeDetail({ id }: { readonly id: string }) {
  const words = useWords(detailWords)
  const { version } = useJournal()
  const isDone = useRef(false)
  const { value: exchange, error } = useRead(async () => readExchange(id), [id, isDone.current ? 'done' : version])
  isDone.current = exchange?.duration !== undefined
  if (exchange === null) return <p class="notice">{words.gone(id)}</p>
  if (exchange === undefined) return <p class={error === undefined ? 'soft' : 'notice bad'}>{error ?? words.loading}</p>
  return <Detail exchange={exchange} />
}

// Null if the journal does not have it.
async function readExchange(id: string): Promise<Exchange | null> {
  const response: Pick<Response, 'ok' | 'status' | 'json' | 'text'> = await control.exchanges[':id'].$get({
    param: { id },
    header: {},
  })
  if (response.status === 404) return null
  if (!response.ok) await read(Promise.resolve(response))
  const exchange: Exchange = JSON.parse(await response.text())
  return exchange
}

function Detail({ exchange }: { readonly exchange: Exchange }) {
  const words = useWords(detailWords)
  const [chosen, setChosen] = useState(lastTab)
  const progress = useProgress(exchange)
  const marks: Readonly<Partial<Record<TabName, number>>> = {
    pictures: progress.pictures.length,
    frames: progress.received,
    contract: exchange.violations.length,
  }
  const choose = (name: string): void => {
    lastTab = NAMES.find((one) => one === name) ?? lastTab
    setChosen(lastTab)
  }
  const Chosen = TABS[chosen]
  return (
    <article class="stack detail">
      <DetailHead exchange={exchange} progress={progress} />
      <div>
        <Tabs
          label={words.views}
          tabs={NAMES.map((id) => ({ id, label: words.tabs[id], mark: marks[id] ? String(marks[id]) : undefined }))}
          chosen={chosen}
          onChoose={choose}
        >
          <Chosen exchange={exchange} progress={progress} />
        </Tabs>
      </div>
    </article>
  )
}
