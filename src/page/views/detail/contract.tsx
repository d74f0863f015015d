import type { Exchange } from '../../../journal/exchange.ts'
import { useWords } from '../../language.ts'
import { unknownIn } from '../../near-miss.ts'
import { hrefOf } from '../../route.ts'
import { detailWords } from '../../words/detail.ts'
import type { TabProps } from '../exchange-detail.tsx'

/** What the contract forbids of the request, and what it does not know. */
export function ContractTab({ exchange: { operation, violations, note } }: TabProps) {
  const words = useWords(detailWords)
  const unknown = unknownIn(note)
  return (
    <div class="stack">
      {operation === null ? (
        <p class="notice bad">{words.noOperation}</p>
      ) : (
        <p>
          {words.operation}{' '}
          <a href={hrefOf('contract', `${operation.method} ${operation.path}`)}>
            <code>
              {operation.method} {operation.path}
            </code>
          </a>
        </p>
      )}
      {operation !== null && violations.length === 0 && <p class="good">{words.noViolations}</p>}
      {violations.map((violation, i) => (
        <Violation key={i} violation={violation} />
      ))}
      {unknown.length > 0 && (
        <div>
          <h2>{words.unknownFields}</h2>
          <ul class="notes">
            {unknown.map((message) => (
              <li key={message} class="warn">
                {message}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function Violation({ violation }: { readonly violation: Exchange['violations'][number] }) {
  const words = useWords(detailWords)
  const { code, param, message, pointer, hint } = violation
  return (
    <section class="card stack violation">
      <h2 class="bad" dir="auto">
        {message}
      </h2>
      {hint !== undefined && (
        <p dir="auto">
          <span class="soft">{words.hint}</span> {hint}
        </p>
      )}
      <dl class="facts">
        <div>
          <dt>{words.place}</dt>
          <dd class="mono">{param}</dd>
        </div>
        <div>
          <dt>{words.code}</dt>
          <dd class="mono">{code}</dd>
        </div>
        {pointer !== undefined && (
          <div class="whole">
            <dt>{words.rule}</dt>
            <dd>
              <a class="mono" href={hrefOf('contract', pointer)}>
                {pointer}
              </a>
            </dd>
          </div>
        )}
      </dl>
    </section>
  )
}
