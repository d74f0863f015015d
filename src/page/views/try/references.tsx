import { useWords } from '../../language.ts'
import { tryWords } from '../../words/try.ts'
import type { Reference } from './entry.ts'

interface ReferenceFieldProps {
  readonly references: readonly Reference[]
  /** How the model uses them. Undefined if the model is not known. */
  readonly use: keyof typeof tryWords.en.uses | undefined
  /** Why the last file was not added. */
  readonly problem: string | undefined
  readonly onAdd: (files: Iterable<File>) => void
  readonly onRemove: (reference: Reference) => void
}

/** The reference pictures: chosen as files, or dropped on the form. */
export function ReferenceField({ references, use, problem, onAdd, onRemove }: ReferenceFieldProps) {
  const words = useWords(tryWords)
  return (
    <div class="stack references">
      <label class="field drop">
        {words.references}
        <input
          type="file"
          name="references"
          accept="image/*"
          multiple
          onChange={({ currentTarget }) => {
            onAdd([...(currentTarget.files ?? [])])
            currentTarget.value = '' // so that the same file can be added again
          }}
        />
        <small>
          {words.dropHere} {use !== undefined && words.uses[use]}
        </small>
      </label>
      <p class="bad" role="alert">
        {problem}
      </p>
      {references.length > 0 && (
        <ul class="row">
          {references.map((reference, index) => (
            <li key={index} class="row">
              <img class="picture" src={reference.url} alt="" width="48" height="48" />
              <span dir="auto">{reference.name}</span>
              <button
                type="button"
                class="quiet"
                aria-label={words.remove(reference.name)}
                onClick={() => onRemove(reference)}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
