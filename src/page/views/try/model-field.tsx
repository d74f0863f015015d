import { useState } from 'preact/hooks'
import type { ChatForm } from '../../chat-form.ts'
import { useWords } from '../../language.ts'
import { tryWords } from '../../words/try.ts'

/** A value that no model has. */
const OTHER = '*'

/** Chooses a model of the contract, or any other name: one of a family, or one that the mock rejects. */
export function ModelField({
  chat: { models, families },
  model,
  onChange,
}: {
  readonly chat: Pick<ChatForm, 'models' | 'families'>
  readonly model: string
  readonly onChange: (model: string) => void
}) {
  const words = useWords(tryWords)
  const [isOther, setOther] = useState(!models.includes(model))
  const choose = (value: string): void => {
    setOther(value === OTHER)
    onChange(value === OTHER ? (families[0]?.replace('*', '') ?? '') : value)
  }
  return (
    <div class="inputs">
      <label class="field">
        {words.model}
        <select
          name="model"
          value={isOther ? OTHER : model}
          onChange={({ currentTarget }) => choose(currentTarget.value)}
        >
          {models.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          <option value={OTHER}>{words.otherModel}</option>
        </select>
      </label>
      {isOther && (
        <label class="field">
          {words.modelName}
          <input
            name="other-model"
            value={model}
            autocomplete="off"
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
          {families.length > 0 && <small>{words.families(families.join(', '))}</small>}
        </label>
      )}
    </div>
  )
}
