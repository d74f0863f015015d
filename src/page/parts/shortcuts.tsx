import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../language.ts'
import { shellWords } from '../words/shell.ts'

/** A dialog that lists the keyboard shortcuts. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const words = useWords(shellWords)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label={words.shortcuts} onClose={onClose}>
      <h2>{words.shortcuts}</h2>
      <dl class="keys">
        {Object.entries(words.keys).map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">{words.close}</button>
      </form>
    </dialog>
  )
}
