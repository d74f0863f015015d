import type { Coverage } from '../../../journal/coverage.ts'
import { type Column, GROUPS, toMatrix } from '../../coverage-matrix.ts'
import { useWords } from '../../language.ts'
import { hrefOf } from '../../route.ts'
import { coverageWords } from '../../words/coverage.ts'

/** Which models were used with which form, content, status and scenario. A filled cell holds the number of requests. */
export function CoverageMatrix({ coverage }: { readonly coverage: Coverage }) {
  const words = useWords(coverageWords)
  const { columns, rows } = toMatrix(coverage)
  if (rows.length === 0) return null
  const labelOf = ({ group, value }: Column): string =>
    value === null ? words.normal : (words.names[group]?.[value] ?? value)
  return (
    <section class="stack" aria-labelledby="matrix">
      <h2 id="matrix">{words.matrix}</h2>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby="matrix">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                {words.model}
              </th>
              {GROUPS.map((group) => {
                const span = columns.filter((column) => column.group === group).length
                return (
                  span > 0 && (
                    <th key={group} scope="colgroup" colSpan={span}>
                      {words.groups[group]}
                    </th>
                  )
                )
              })}
            </tr>
            <tr>
              {columns.map((column, i) => (
                <th key={i} scope="col" class={isFirst(columns, i) ? 'first' : undefined}>
                  <span>{labelOf(column)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ model, counts }) => (
              <tr key={model ?? ''}>
                <th scope="row">
                  {model === null ? (
                    words.unknownModel
                  ) : (
                    <a href={hrefOf('journal', '', { q: `model:${model}` })}>{model}</a>
                  )}
                </th>
                {counts.map((count, i) => (
                  <td key={i} class={isFirst(columns, i) ? 'first' : undefined} data-used={count > 0 ? '' : undefined}>
                    {count > 0 ? count : <span class="hidden">{words.never}</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function isFirst(columns: readonly Column[], at: number): boolean {
  return at > 0 && columns[at - 1]?.group !== columns[at]?.group
}
