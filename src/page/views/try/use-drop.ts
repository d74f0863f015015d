import type { DragEventHandler } from 'preact'
import { useState } from 'preact/hooks'

/** The handlers of an element on which files can be dropped. */
export interface Drop {
  /** Set while something is dragged over the element. */
  readonly 'data-over': '' | undefined
  readonly onDragOver: DragEventHandler<HTMLElement>
  readonly onDragLeave: DragEventHandler<HTMLElement>
  readonly onDrop: DragEventHandler<HTMLElement>
}

/** Accepts files that are dropped on an element. */
export function useDrop(accept: (files: Iterable<File>) => void): Drop {
  const [isOver, setOver] = useState(false)
  return {
    'data-over': isOver ? '' : undefined,
    onDragOver: (event) => {
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: ({ currentTarget, relatedTarget }) => {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false)
    },
    onDrop: (event) => {
      event.preventDefault()
      setOver(false)
      accept([...(event.dataTransfer?.files ?? [])])
    },
  }
}
