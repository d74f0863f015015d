import { useWords } from '../../language.ts'
import { readNearMiss } from '../../near-miss.ts'
import { type DetailWords, detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'

/** Why the mock answered so: the scenario, the note, and the scenarios that almost matched. */
export function WhyTab({ exchange: { scenario, note, nearMisses } }: TabProps) {
  const words = useWords(detailWords)
  return (
    <div class="stack">
      {scenario === null ? (
        <p>{words.noScenario}</p>
      ) : (
        <dl class="facts">
          <div>
            <dt>{words.facts.scenario}</dt>
            <dd class="warn">{scenario.name}</dd>
          </div>
          <div>
            <dt>{words.because}</dt>
            <dd>{wayOf(scenario.why, words)}</dd>
          </div>
        </dl>
      )}
      {note !== null && (
        <div>
          <h2>{words.note}</h2>
          <ul class="notes">
            {note.split('; ').map((part, i) => (
              <li key={i}>{part}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="stack">
        <h2>{words.nearMisses}</h2>
        <p class="soft">{nearMisses.length === 0 ? words.noNearMisses : words.nearMissesHelp}</p>
        {nearMisses.map((text) => (
          <NearMiss key={text} text={text} />
        ))}
      </div>
    </div>
  )
}

function wayOf(why: string, { ways }: DetailWords): string {
  const known: Readonly<Record<string, string>> = ways
  return Object.hasOwn(known, why) ? (known[why] ?? why) : why
}

function NearMiss({ text }: { readonly text: string }) {
  const words = useWords(detailWords)
  const { scenario, field, expected, actual } = readNearMiss(text)
  const values = [
    [words.condition, field],
    [words.expected, expected],
    [words.actual, actual],
  ] as const
  return (
    <section class="card">
      <h3>{scenario}</h3>
      {field !== undefined && (
        <dl class="facts">
          {values.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="mono" dir="auto">
                {value}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}
