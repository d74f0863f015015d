import type { FormField } from '../../chat-form.ts'
import { useId } from 'preact/hooks'

interface ContractFieldProps {
  readonly field: FormField
  /** Empty: the field is not sent. */
  readonly value: string
  readonly onChange: (value: string) => void
  /** Values to choose from in a text field. */
  readonly suggestions?: readonly string[] | undefined
}

/** A field of the form for a property of the contract. */
export function ContractField({ field, value, onChange, suggestions = [] }: ContractFieldProps) {
  const id = useId()
  const { name, kind, values, minimum, maximum, isWhole, about } = field
  const shared = { id, name, value, 'aria-describedby': about === '' ? undefined : `${id}-about` }
  const choices = kind === 'flag' ? ['true', 'false'] : values
  return (
    <div class="field">
      <label for={id} class="mono">
        {name}
      </label>
      {choices.length > 0 ? (
        <select {...shared} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          <option value="">–</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          type={kind === 'number' ? 'number' : 'text'}
          min={minimum}
          max={maximum}
          step={kind === 'number' ? (isWhole ? 1 : 'any') : undefined}
          list={suggestions.length > 0 ? `${id}-list` : undefined}
          autocomplete="off"
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {about !== '' && <small id={`${id}-about`}>{about}</small>}
    </div>
  )
}
