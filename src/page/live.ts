import { controlHeaders, urlOf } from './control.ts'
import { type LiveMessage, follow } from './events.ts'

/** A subscription to the mock's events. */
export interface Live {
  /** Connects again, with the token that is set now. */
  readonly restart: () => void
  readonly close: () => void
}

/** Follows the mock's events, over a connection that all tabs share if the browser has shared workers. */
export function subscribe(tell: (message: LiveMessage) => void): Live {
  return typeof SharedWorker === 'undefined' ? subscribeAlone(tell) : subscribeShared(tell)
}

function subscribeShared(tell: (message: LiveMessage) => void): Live {
  const { port } = new SharedWorker(new URL('worker.js', import.meta.url), { type: 'module' })
  port.addEventListener('message', ({ data }: MessageEvent<LiveMessage>) => tell(data))
  port.start()
  port.postMessage(controlHeaders())
  const leave = (): void => port.postMessage(null)
  addEventListener('pagehide', leave)
  return {
    restart: () => port.postMessage(controlHeaders()),
    close: () => {
      removeEventListener('pagehide', leave)
      leave()
    },
  }
}

function subscribeAlone(tell: (message: LiveMessage) => void): Live {
  let stop = new AbortController()
  const start = (): void => {
    stop.abort()
    stop = new AbortController()
    void follow(urlOf('/__mock/events'), { headers: controlHeaders(), signal: stop.signal, tell })
  }
  start()
  return { restart: start, close: () => stop.abort() }
}
