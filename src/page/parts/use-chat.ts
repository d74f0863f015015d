import { useEffect, useRef, useState } from 'preact/hooks'
import { type ChatAnswer, UNANSWERED, withEvent } from '../chat-answer.ts'
import { type ChatRequest, sendChat } from '../chat-client.ts'

/** Sends chat requests, one at a time. */
export interface Chat {
  /** The answer to the last request, as far as it was received. Undefined before the first request. */
  readonly answer: ChatAnswer | undefined
  /** Sends a request. Cancels the one before it. */
  readonly send: (request: ChatRequest) => void
  readonly cancel: () => void
}

/** A sender of chat requests. It cancels its request when the component is removed, unless `isKept`. */
export function useChat({ isKept = false }: { readonly isKept?: boolean } = {}): Chat {
  const [answer, set] = useState<ChatAnswer>()
  const current = useRef<AbortController>(undefined)
  useEffect(() => () => void (isKept || current.current?.abort()), [])
  return {
    answer,
    send: (request) => {
      current.current?.abort()
      const controller = new AbortController()
      current.current = controller
      set(UNANSWERED)
      void sendChat(request, {
        signal: controller.signal,
        tell: (event) => {
          if (current.current === controller) set((now) => withEvent(now ?? UNANSWERED, event))
        },
      })
    },
    cancel: () => current.current?.abort(),
  }
}
