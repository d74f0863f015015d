import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

/** One tab. */
export interface Tab {
  readonly id: string
  readonly label: string
  /** A short text beside the label, such as a number. */
  readonly mark?: string | undefined
}

/** Tabs with the keyboard use of the ARIA pattern: arrows, Home and End choose; Tab goes to the panel. */
export function Tabs({
  label,
  tabs,
  chosen,
  onChoose,
  children,
}: {
  readonly label: string
  readonly tabs: readonly Tab[]
  readonly chosen: string
  readonly onChoose: (id: string) => void
  readonly children: ComponentChildren
}) {
  const name = useId()
  const list = useRef<HTMLDivElement>(null)
  const at = tabs.findIndex(({ id }) => id === chosen)
  const press = (event: KeyboardEvent): void => {
    const target = MOVES[event.key]?.(at, tabs.length)
    const tab = target === undefined ? undefined : tabs[target]
    if (tab === undefined || target === undefined) return
    event.preventDefault()
    onChoose(tab.id)
    list.current?.querySelectorAll('button')[target]?.focus()
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={press}>
        {tabs.map(({ id, label: text, mark }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${name}-${id}`}
            aria-selected={id === chosen}
            aria-controls={`${name}-panel`}
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => onChoose(id)}
          >
            {text}
            {mark !== undefined && <span class="mark"> {mark}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-${chosen}`} tabIndex={0} class="panel">
        {children}
      </div>
    </>
  )
}

const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
}
