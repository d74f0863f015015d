import { useState } from 'preact/hooks'
import type { ViolationCount } from '../../journal/coverage.ts'
import { control, controlHeaders, read, urlOf } from '../control.ts'
import { useJournal } from '../journal.ts'
import { useWords } from '../language.ts'
import { Code } from '../parts/copy.tsx'
import { saveAs } from '../parts/save-as.ts'
import { useAction } from '../parts/use-action.ts'
import { useRead } from '../read.ts'
import { hrefOf } from '../route.ts'
import { coverageWords } from '../words/coverage.ts'
import { CoverageMatrix } from './coverage/matrix.tsx'
import { CoverageSections } from './coverage/sections.tsx'

const FORMATS = [
  { name: 'JSON', accept: 'application/json', file: 'coverage.json' },
  { name: 'Markdown', accept: 'text/markdown', file: 'coverage.md' },
  { name: 'JUnit', accept: 'application/xml', file: 'coverage.xml' },
] as const

/** What the requests have covered: a matrix, the sections, the violations, and the files for CI. */
export function CoverageView() {
  const words = useWords(coverageWords)
  const { version } = useJournal()
  const [isTotal, setTotal] = useState(false)
  const [failure, run] = useAction()
  const query = { models: 'all', ...(isTotal ? { total: 'true' as const } : {}) }
  const { value: coverage, error } = useRead(
    async () => read(control.coverage.$get({ query, header: {} })),
    [version, isTotal],
  )
  return (
    <div class="stack">
      <h1>{words.title}</h1>
      <p class="soft">{words.about}</p>
      <label class="row">
        <input type="checkbox" checked={isTotal} onChange={({ currentTarget }) => setTotal(currentTarget.checked)} />
        {words.total}
      </label>
      {(error ?? failure) !== undefined && <p class="notice bad">{error ?? failure}</p>}
      {coverage !== undefined && (
        <>
          {coverage.notCounted > 0 && <p class="notice">{words.notCounted(coverage.notCounted)}</p>}
          <CoverageMatrix coverage={coverage} />
          <section class="stack" aria-labelledby="violations">
            <h2 id="violations">{words.violations}</h2>
            {coverage.violations.length === 0 ? (
              <p class="good">{words.noViolations}</p>
            ) : (
              <Violations label={words.violations} list={coverage.violations} />
            )}
          </section>
          {coverage.unknownFields.length > 0 && (
            <section class="stack" aria-labelledby="unknown-fields">
              <h2 id="unknown-fields">{words.unknownFields}</h2>
              <Violations label={words.unknownFields} list={coverage.unknownFields} />
            </section>
          )}
          <CoverageSections coverage={coverage} />
        </>
      )}
      <section class="stack" aria-labelledby="coverage-download">
        <h2 id="coverage-download">{words.download}</h2>
        <div class="row">
          {FORMATS.map(({ name, accept, file }) => (
            <button key={name} type="button" onClick={() => run(async () => download(query, accept, file))}>
              {name}
            </button>
          ))}
        </div>
        <p class="soft">{words.inCi}</p>
        <Code
          label="sh"
          text="npx chat-image-mock --coverage coverage.md --coverage coverage.xml --coverage-models all --fail-on-violation"
        />
      </section>
    </div>
  )
}

interface ViolationsProps {
  readonly label: string
  readonly list: readonly ViolationCount[]
}

function Violations({ label, list }: ViolationsProps) {
  const words = useWords(coverageWords)
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table class="violations">
        <thead>
          <tr>
            {[words.count, words.code, words.operation, words.hint, words.place].map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map(({ code, count, operation, hint, pointer }) => (
            <tr key={`${operation} ${code}`}>
              <td>{count}</td>
              <td class="mono">{code}</td>
              <td class="mono">{operation}</td>
              <td>{hint}</td>
              <td>
                {pointer !== null && (
                  <a class="mono" href={hrefOf('contract', pointer)}>
                    {pointer}
                  </a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

async function download(query: Readonly<Record<string, string>>, accept: string, file: string): Promise<void> {
  const url = `${urlOf('/__mock/coverage')}?${new URLSearchParams(query).toString()}`
  const response = await fetch(url, { headers: { ...controlHeaders(), accept } })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  saveAs(await response.blob(), file)
}
