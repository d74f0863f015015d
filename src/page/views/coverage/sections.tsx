import type { Coverage, Section } from '../../../journal/coverage.ts'
import { useWords } from '../../language.ts'
import { coverageWords } from '../../words/coverage.ts'

const NAMES = ['operations', 'models', 'parameters', 'contents', 'forms', 'statuses', 'codes', 'scenarios'] as const

/** The sections of a Coverage: how much of each is covered, and its items on request. */
export function CoverageSections({ coverage }: { readonly coverage: Coverage }) {
  const words = useWords(coverageWords)
  return (
    <section class="sections grid" aria-label={words.section}>
      {NAMES.filter((name) => coverage[name].items.length > 0).map((name) => (
        <SectionCard key={name} title={words.sections[name]} section={coverage[name]} names={words.names[name] ?? {}} />
      ))}
    </section>
  )
}

interface SectionCardProps {
  readonly title: string
  readonly section: Section
  /** The words for items whose names are not the ones that a request has. */
  readonly names: Readonly<Record<string, string>>
}

function SectionCard({ title, section, names }: SectionCardProps) {
  const words = useWords(coverageWords)
  const { covered, total, percent, items } = section
  const used = items.filter(({ count }) => count > 0).length
  return (
    <details class="card">
      <summary>
        <h2>{title}</h2> <span class="soft">{total === 0 ? words.used(used) : words.covered(covered, total)}</span>
        {total > 0 && <meter min={0} max={100} value={percent} aria-label={`${title}: ${percent}%`} />}
      </summary>
      <ul>
        {items.map(({ name, count }) => (
          <li key={name} class={count > 0 ? 'good' : 'soft'}>
            <span class="mono">{names[name] ?? name}</span> {count > 0 ? `${count} ${words.requests}` : words.never}
          </li>
        ))}
      </ul>
    </details>
  )
}
