import { useWords } from '../language.ts'
import { Copy } from '../parts/copy.tsx'
import { useContract } from '../parts/use-contract.ts'
import { quickStartWords } from '../words/quick-start.ts'
import { shellWords } from '../words/shell.ts'
import { ChatStart } from './quick-start/chat-start.tsx'
import { OperationsStart } from './quick-start/operations-start.tsx'

/** How to send the first request. The journal shows it while it is empty. */
export function QuickStart() {
  const words = useWords(quickStartWords)
  const { loading } = useWords(shellWords)
  const { value: contract, error } = useContract()
  return (
    <div class="stack start">
      <h1>{words.title}</h1>
      <p>{words.about}</p>
      {error !== undefined && <p class="notice bad">{error}</p>}
      {contract === undefined && error === undefined && <p class="soft">{loading}</p>}
      {contract !== undefined && (
        <>
          <section class="card stack base" aria-labelledby="base-url">
            <h2 id="base-url">{words.baseUrl}</h2>
            <p class="row">
              <code>{contract.baseUrl}</code>
              <Copy text={contract.baseUrl} label={words.copyUrl} />
            </p>
            <p class="soft">{words.anyKey}</p>
          </section>
          {contract.chat === undefined ? (
            <OperationsStart contract={contract} />
          ) : (
            <ChatStart contract={contract} chat={contract.chat} />
          )}
        </>
      )}
    </div>
  )
}
