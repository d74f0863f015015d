import { useWords } from '../../language.ts'
import type { ScriptTarget } from '../../script-ways.ts'
import { provokeWords } from '../../words/provoke.ts'

/** The most requests that one entry of a script answers. */
const MAX_TIMES = 10_000

/** The session that is scripted, and how often. */
export function TargetFields({
  target,
  onChange,
}: {
  readonly target: ScriptTarget
  readonly onChange: (target: ScriptTarget) => void
}) {
  const words = useWords(provokeWords)
  return (
    <div class="card inputs">
      <label class="field">
        {words.session}
        <input
          name="session"
          value={target.session}
          autocomplete="off"
          maxLength={100}
          title={words.sessionRule}
          onInput={({ currentTarget }) => onChange({ ...target, session: currentTarget.value.trim() })}
        />
        <small>{words.sessionHelp}</small>
      </label>
      <label class="field">
        {words.times}
        <input
          name="times"
          type="number"
          min={1}
          max={MAX_TIMES}
          value={target.times ?? ''}
          onInput={({ currentTarget: { valueAsNumber } }) => onChange({ ...target, times: toTimes(valueAsNumber) })}
        />
        <small>{words.timesHelp}</small>
      </label>
    </div>
  )
}

function toTimes(value: number): number | undefined {
  return Number.isInteger(value) && value >= 1 && value <= MAX_TIMES ? value : undefined
}
