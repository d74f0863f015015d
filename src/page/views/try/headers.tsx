import { control, read } from '../../control.ts'
import { useWords } from '../../language.ts'
import { useRead } from '../../read.ts'
import { tryWords } from '../../words/try.ts'
import { HEADERS, type TryEntry } from './entry.ts'

const PACES = ['instant', '0.1', 'real']

/** The headers of the mock, and the API key. */
export function HeaderFields({
  entry: { headers },
  change,
}: {
  readonly entry: TryEntry
  readonly change: (changes: Partial<TryEntry>) => void
}) {
  const words = useWords(tryWords)
  const { value } = useRead(async () => read(control.scenarios.$get()), [])
  const set = (name: string, to: string): void => change({ headers: { ...headers, [name]: to } })
  const scenarios = value?.scenarios.map(({ name }) => name) ?? []
  return (
    <div class="inputs">
      {(
        [
          [HEADERS.pace, PACES, words.asStarted],
          [HEADERS.scenario, scenarios, words.normal],
        ] as const
      ).map(([name, values, none]) => (
        <label key={name} class="field">
          <span class="mono">{name}</span>
          <select
            name={name}
            value={headers[name] ?? ''}
            onChange={({ currentTarget }) => set(name, currentTarget.value)}
          >
            <option value="">{none}</option>
            {values.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label class="field">
        <span class="mono">{HEADERS.session}</span>
        <input
          name={HEADERS.session}
          value={headers[HEADERS.session] ?? ''}
          autocomplete="off"
          maxLength={100}
          pattern="[!-~]+"
          title={words.sessionRule}
          onInput={({ currentTarget }) => set(HEADERS.session, currentTarget.value)}
        />
      </label>
      <label class="field">
        {words.key}
        <input
          name="key"
          type="password"
          autocomplete="off"
          value={(headers[HEADERS.key] ?? '').replace(/^Bearer /, '')}
          onInput={({ currentTarget: { value: key } }) => set(HEADERS.key, key === '' ? '' : `Bearer ${key}`)}
        />
      </label>
    </div>
  )
}
