import { useState } from 'preact/hooks'
import type { CatalogueEntry, CatalogueGroup } from '../../catalogue.ts'
import { ROOT, control, read } from '../../control.ts'
import { useWords } from '../../language.ts'
import { Copy } from '../../parts/copy.tsx'
import { hrefOf } from '../../route.ts'
import { type ScriptTarget, WAYS, waysOf } from '../../script-ways.ts'
import { provokeWords } from '../../words/provoke.ts'
import { sessionHeader } from './session-header.ts'

/** What happened when a scenario was scripted. */
interface Said {
  readonly name: string
  readonly isError: boolean
  readonly text: string
}

/** The scenarios in groups, each with a button that scripts it and with the ways to request it. */
export function Catalogue({
  groups,
  target,
}: {
  readonly groups: readonly CatalogueGroup[]
  readonly target: ScriptTarget
}) {
  const words = useWords(provokeWords)
  const [said, say] = useState<Said>()
  const script = async (name: string): Promise<void> => {
    const { session, times } = target
    const json = times === undefined ? { scenario: name } : { scenario: name, times }
    try {
      await read(control.script.$post({ json, header: sessionHeader(session) }))
      say({ name, isError: false, text: words.scripted(name, session) })
    } catch (error) {
      say({ name, isError: true, text: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <>
      {groups.map(({ heading, entries }) => (
        <section key={heading} class="stack" aria-label={heading}>
          <h2>{heading}</h2>
          <ul class="scenarios">
            {entries.map((entry) => (
              <ScenarioCard
                key={entry.name}
                entry={entry}
                target={target}
                said={said?.name === entry.name ? said : undefined}
                onScript={() => void script(entry.name)}
              />
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

function ScenarioCard({
  entry: { name, about, effects },
  target,
  said,
  onScript,
}: {
  readonly entry: CatalogueEntry
  readonly target: ScriptTarget
  readonly said: Said | undefined
  readonly onScript: () => void
}) {
  const words = useWords(provokeWords)
  const [isOpen, setOpen] = useState(false)
  return (
    <li class="card stack">
      <div class="row">
        <h3 class="mono">{name}</h3>
        <button type="button" class="quiet" aria-label={words.scriptName(name)} onClick={onScript}>
          {words.script}
        </button>
      </div>
      <p>{withCode(about)}</p>
      <ul class="row effects" aria-label={words.effects}>
        {effects.map(({ status, code }, index) => (
          <li key={index} class="tag">
            <span class={status !== null && status < 400 ? 'good' : 'bad'}>{status ?? words.noResponse}</span> {code}
          </li>
        ))}
      </ul>
      <p class={said?.isError === true ? 'bad' : 'good'} role="status">
        {said?.text}
      </p>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary aria-label={words.howName(name)}>{words.how}</summary>
        {isOpen && <Ways name={name} target={target} />}
      </details>
    </li>
  )
}

function Ways({ name, target }: { readonly name: string; readonly target: ScriptTarget }) {
  const words = useWords(provokeWords)
  const ways = waysOf(name, { ...target, root: ROOT })
  return (
    <div class="stack ways">
      <dl class="stack">
        {WAYS.map((way) => (
          <div key={way}>
            <dt class="soft">{words.ways[way]}</dt>
            <dd class="row">
              <code>{ways[way]}</code>
              <Copy text={ways[way]} />
            </dd>
          </div>
        ))}
      </dl>
      <a href={hrefOf('try', '', { scenario: name, session: target.session })}>{words.tryIt}</a>
    </div>
  )
}

// A text with parts between backticks.
function withCode(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))
}
