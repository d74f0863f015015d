import { useContext, useState } from 'preact/hooks'
import { CHINESE, GROUPS } from '#scenario-words'
import { toCatalogue } from '../catalogue.ts'
import { control, read } from '../control.ts'
import { LanguageContext, useWords } from '../language.ts'
import { useContract } from '../parts/use-contract.ts'
import { useRead } from '../read.ts'
import type { Route } from '../route.ts'
import type { ScriptTarget } from '../script-ways.ts'
import { provokeWords } from '../words/provoke.ts'
import { Catalogue } from './provoke/catalogue.tsx'
import { Pending } from './provoke/pending.tsx'
import { SendNow } from './provoke/send-now.tsx'
import { TargetFields } from './provoke/target-fields.tsx'

/** Provoke: the catalogue of scenarios. One click scripts a scenario for the next requests of a client. */
export function ProvokeView({ route: { query } }: { readonly route: Route }) {
  const words = useWords(provokeWords)
  const language = useContext(LanguageContext)
  const [target, setTarget] = useState<ScriptTarget>({ session: query.get('session') ?? '', times: undefined })
  const [search, setSearch] = useState(query.get('q') ?? '')
  const { value: contract } = useContract()
  const { value, error } = useRead(async () => read(control.scenarios.$get()), [contract])
  const scenarios = (value?.scenarios ?? []).map(({ about, ...rest }) => ({
    ...rest,
    about: language === 'zh' ? (CHINESE[about] ?? about) : about,
  }))
  const groups = toCatalogue(scenarios, { headings: GROUPS[language], own: words.own, search })
  return (
    <div class="stack">
      <h1>{words.title}</h1>
      <p class="soft">{words.about}</p>
      {error !== undefined && <p class="notice bad">{error}</p>}
      {contract !== undefined && contract.chat === undefined && <p class="notice">{words.noChat}</p>}
      <div class="provoke">
        <div class="stack side">
          <TargetFields target={target} onChange={setTarget} />
          <Pending session={target.session} />
          {contract?.chat !== undefined && <SendNow chat={contract.chat} session={target.session} />}
        </div>
        <section class="stack" aria-label={words.title}>
          <input
            type="search"
            name="search"
            value={search}
            placeholder={words.search}
            aria-label={words.search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
          <p class="soft" role="status">
            {words.found(groups.reduce((sum, { entries }) => sum + entries.length, 0))}
          </p>
          <Catalogue groups={groups} target={target} />
        </section>
      </div>
    </div>
  )
}
