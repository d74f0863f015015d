import { useEffect, useState } from 'preact/hooks'
import { useKeys } from '../keys.ts'
import { useWords } from '../language.ts'
import { shellWords } from '../words/shell.ts'

/** Milliseconds for which a button says that it has copied. */
const SAID = 1500

interface CopyProps {
  readonly text: string | (() => string)
  readonly label?: string
  /** A key that does the same. */
  readonly shortcut?: string
}

/** A button that copies a text. */
export function Copy({ text, label, shortcut }: CopyProps) {
  const words = useWords(shellWords)
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return undefined
    const timer = setTimeout(() => setCopied(false), SAID)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = async (): Promise<void> => setCopied(await copyText(typeof text === 'string' ? text : text()))
  useKeys(shortcut === undefined ? {} : { [shortcut]: () => void copy() })
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{isCopied ? words.copied : (label ?? words.copy)}</span>
    </button>
  )
}

/** Copies a text. Whether it worked: the clipboard needs a secure context or, in older ways, a user's action. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
    if (isDone) return true
  }
  const field = document.createElement('textarea')
  field.value = text
  document.body.append(field)
  field.select()
  const isDone = document.execCommand('copy')
  field.remove()
  return isDone
}

/** Characters of a text that are shown. A request with a picture can have millions. */
const MAX_SHOWN = 20_000

/** A text in a fixed-width font, with a button that copies it. Of a long text only the start is shown. */
export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <figure class="code">
      <figcaption>
        <span>{label}</span>
        <Copy text={text} />
      </figcaption>
      <pre tabIndex={0} aria-label={label}>
        <code>{text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}</code>
      </pre>
    </figure>
  )
}
