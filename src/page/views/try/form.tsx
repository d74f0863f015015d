import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ChatForm } from '../../chat-form.ts'
import { useWords } from '../../language.ts'
import { factsOf } from '../../model-facts.ts'
import type { ChatOperation } from '../../parts/use-contract.ts'
import { chatWords } from '../../words/chat.ts'
import { tryWords } from '../../words/try.ts'
import { type TryEntry } from './entry.ts'
import { ContractField } from './field.tsx'
import { HeaderFields } from './headers.tsx'
import { ModelField } from './model-field.tsx'
import { ReferenceField } from './references.tsx'
import { readReferences } from './read-references.ts'
import { useDrop } from './use-drop.ts'

/** Fields that most users need. The others are below them, folded. */
const FIRST = ['size', 'n'] as const

export interface TryFormProps {
  readonly chat: ChatOperation
  readonly entry: TryEntry
  readonly change: (changes: Partial<TryEntry>) => void
  readonly isRunning: boolean
  readonly onSend: () => void
  readonly onCancel: () => void
}

/** The form of a chat request. A picture can be dropped anywhere in it. */
export function TryForm({ chat, entry, change, isRunning, onSend, onCancel }: TryFormProps) {
  const words = useWords(tryWords)
  const { cancel } = useWords(chatWords)
  const [rejected, setRejected] = useState<string>()
  const add = async (files: Iterable<File>): Promise<void> => {
    const { references, problem } = await readReferences([...files], entry.references)
    setRejected(problem === undefined ? undefined : words.problems[problem.kind](problem.name))
    change({ references })
  }
  const drop = useDrop((files) => void add(files))
  return (
    <form
      class="stack card"
      {...drop}
      onSubmit={(event) => {
        event.preventDefault()
        onSend()
      }}
    >
      <ModelField chat={chat} model={entry.model} onChange={(model) => change({ model })} />
      <label class="field">
        {words.prompt}
        <textarea
          name="prompt"
          dir="auto"
          value={entry.prompt}
          onInput={({ currentTarget }) => change({ prompt: currentTarget.value })}
        />
      </label>
      <ReferenceField
        references={entry.references}
        use={factsOf(chat.facts, entry.model)?.references}
        problem={rejected}
        onAdd={(files) => void add(files)}
        onRemove={(removed) => change({ references: entry.references.filter((one) => one !== removed) })}
      />
      <ContractFields chat={chat} entry={entry} change={change} />
      <HeaderFields entry={entry} change={change} />
      <div class="row">
        <button type="submit" class="main">
          {words.send}
        </button>
        <button type="button" disabled={!isRunning} onClick={onCancel}>
          {cancel}
        </button>
      </div>
    </form>
  )
}

function ContractFields({ chat, entry, change }: Pick<TryFormProps, 'chat' | 'entry' | 'change'>): JSX.Element {
  const words = useWords(tryWords)
  const fieldFor = (field: ChatForm['fields'][number]): JSX.Element => (
    <ContractField
      key={field.name}
      field={field}
      suggestions={field.name === 'size' ? factsOf(chat.facts, entry.model)?.sizes : undefined}
      value={entry.fields[field.name] ?? ''}
      onChange={(value) => change({ fields: { ...entry.fields, [field.name]: value } })}
    />
  )
  const first = FIRST.flatMap((name) => chat.fields.find((field) => field.name === name) ?? [])
  const rest = chat.fields.filter((field) => !first.includes(field))
  return (
    <>
      {chat.canStream && (
        <label class="row">
          <input
            type="checkbox"
            name="stream"
            checked={entry.stream}
            onChange={({ currentTarget }) => change({ stream: currentTarget.checked })}
          />
          {words.stream}
        </label>
      )}
      <div class="inputs">{first.map(fieldFor)}</div>
      {rest.length > 0 && (
        <details>
          <summary>{words.more(rest.length)}</summary>
          <div class="inputs">{rest.map(fieldFor)}</div>
        </details>
      )}
    </>
  )
}
