import { control, read } from '../../control.ts'
import { useJournal } from '../../journal.ts'
import { useWords } from '../../language.ts'
import { useAction } from '../../parts/use-action.ts'
import { useRead } from '../../read.ts'
import { provokeWords } from '../../words/provoke.ts'
import { sessionHeader } from './session-header.ts'

/** The scripted responses that no request has taken yet. Live. */
export function Pending({ session }: { readonly session: string }) {
  const words = useWords(provokeWords)
  const { version } = useJournal()
  const { value, error } = useRead(
    async () => read(control.script.$get({ header: sessionHeader(session) })),
    [version, session],
  )
  const [failure, run] = useAction()
  const reset = async (): Promise<void> => {
    if (confirm(session === '' ? words.resetAllAsk : words.resetAsk(session)))
      await read(control.reset.$post({ header: sessionHeader(session) }))
  }
  const pending = value?.pending ?? []
  return (
    <section class="card stack" aria-labelledby="pending">
      <h2 id="pending">{session === '' ? words.pending : words.pendingOf(session)}</h2>
      {(error ?? failure) !== undefined && <p class="bad">{error ?? failure}</p>}
      <div aria-live="polite">
        {pending.length === 0 ? (
          <p class="soft">{words.nothingPending}</p>
        ) : (
          <ol class="stack pending">
            {pending.map(({ scenario, times, when }, index) => (
              <li key={index} class="row">
                <span class="tag">{words.left(times)}</span>
                <span class="mono">{typeof scenario === 'string' ? scenario : words.custom}</span>
                {when !== undefined && <span class="soft mono">{JSON.stringify(when)}</span>}
              </li>
            ))}
          </ol>
        )}
      </div>
      <div class="row">
        <button type="button" class="quiet" onClick={() => run(reset)}>
          {session === '' ? words.resetAll : words.reset}
        </button>
      </div>
    </section>
  )
}
