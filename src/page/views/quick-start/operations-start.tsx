import { toOperations } from '../../contract.ts'
import { useWords } from '../../language.ts'
import { Code } from '../../parts/copy.tsx'
import type { PageContract } from '../../parts/use-contract.ts'
import { firstOperation, withValues } from '../../quick-start.ts'
import { toSource } from '../../request-source.ts'
import { hrefOf } from '../../route.ts'
import { toCurl } from '../../snippets/curl.ts'
import { quickStartWords } from '../../words/quick-start.ts'

/** Operations in the list at most. */
const MAX_LISTED = 12

/** What a mock without a chat operation serves, and how to call its first operation. */
export function OperationsStart({ contract }: { readonly contract: PageContract }) {
  const words = useWords(quickStartWords)
  const operations = toOperations(contract.document)
  const first = firstOperation(operations)
  const rest = operations.length - MAX_LISTED
  return (
    <>
      <section class="stack">
        <p>
          {words.serves(operations.length)} <span class="soft">{words.noChat}</span>
        </p>
        <ul class="stack operations">
          {operations.slice(0, MAX_LISTED).map(({ method, path, summary }) => (
            <li key={`${method} ${path}`} class="row">
              <a class="mono" href={hrefOf('contract', `${method} ${path}`)}>
                {method} {path}
              </a>
              <span class="soft">{summary}</span>
            </li>
          ))}
        </ul>
        {rest > 0 && <a href={hrefOf('contract')}>{words.more(rest)}</a>}
      </section>
      {first !== undefined && (
        <section class="stack" aria-label={words.call}>
          <h2>{words.call}</h2>
          <Code
            label="curl"
            text={toCurl(toSource({ method: first.method, path: withValues(first.path), headers: {} }, contract))}
          />
        </section>
      )}
    </>
  )
}
